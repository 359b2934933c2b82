"""From the JSON of a resolved document to specs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.policies.complaints.vocabulary import actions_of, form_fields, keyed, sheet_fields
from services.complaints.policy.expressions import Expression, maybe
from services.complaints.policy.specs import (
    ActionSpec,
    AuthorityStep,
    DeadlineSpec,
    DossierSpec,
    EffectSpec,
    Escalation,
    FieldSpec,
    FlowSpec,
    FormSpec,
    HookSpec,
    NeedSpec,
    PaperSpec,
    RuleSpec,
    Script,
    ScriptSpec,
    SheetSpec,
    SpanSpec,
    StageSpec,
    Step,
)

Json = Mapping[str, Any]

_PLAIN = {"kind", "party", "deadline", "sheet", "to", "template", "urgent", "approved"}
"""Arguments of effects that are names and not expressions, except where `_EXPRESSIONS` says otherwise."""
_EXPRESSIONS = {("delegate", "to"), ("level", "to")}
_NAMES = {"start", "stop", "renew"}


def fields(document: Json, raw: list[Any]) -> tuple[FieldSpec, ...]:
    """Fields whose kind and labels are known already."""
    return tuple(_field(document, one) for one in raw)


def _field(document: Json, raw: Json) -> FieldSpec:
    options = raw.get("options") or (document.get(raw["of"], ()) if "of" in raw else None)
    return FieldSpec(
        key=raw["key"],
        labels=raw["labels"],
        kind=raw["kind"],
        required=raw.get("required", False),
        required_when=maybe(raw.get("required_when")),
        allowed_when=maybe(raw.get("allowed_when")),
        choices=None if options is None else {o["key"]: o["labels"] for o in options},
        minimum=raw.get("min"),
        maximum=raw.get("max"),
        help=raw.get("help"),
        columns=fields(document, raw.get("columns", [])),
        sums=raw.get("sums", {}),
        public=raw.get("public"),
    )


def forms(document: Json) -> dict[str, FormSpec]:
    return {
        form["key"]: FormSpec(
            key=form["key"],
            labels=form["labels"],
            fields={f.key: f for f in fields(document, form["fields"])},
            internal=form.get("internal", False),
            signatures=tuple(line["labels"] for line in form.get("signatures", ())),
            public=maybe(form.get("public")),
        )
        for form in document.get("forms", ())
    }


def dossiers(document: Json) -> dict[str, DossierSpec]:
    return {
        d["key"]: DossierSpec(
            key=d["key"],
            labels=d["labels"],
            papers=tuple(
                PaperSpec(
                    key=p["key"],
                    labels=p["labels"],
                    sheet=p.get("sheet"),
                    required=maybe(p.get("required")),
                    not_applicable=maybe(p.get("not_applicable")),
                )
                for p in d["papers"]
            ),
        )
        for d in document.get("dossiers", ())
    }


def effects(raw: list[Json]) -> tuple[EffectSpec, ...]:
    return tuple(EffectSpec(name, _args(name, args)) for effect in raw for name, args in effect.items())


def _args(name: str, args: Any) -> Any:
    if isinstance(args, str):
        return args if name in _NAMES else Expression(args)
    if not isinstance(args, Mapping):
        return args
    if name == "set":
        return {fact: Expression(text) for fact, text in args.items()}
    return {key: _arg(name, key, value) for key, value in args.items()}


def _arg(name: str, key: str, value: Any) -> Any:
    if key == "values":
        return {k: Expression(text) for k, text in value.items()}
    plain = (key in _PLAIN and (name, key) not in _EXPRESSIONS) or not isinstance(value, str)
    if name == "tick" and key == "key":
        plain = False
    return value if plain else Expression(value)


def _steps(raw: list[Json]) -> tuple[Step, ...]:
    return tuple(Step(step["to"], maybe(step.get("when"))) for step in raw)


def _action(document: Json, raw: Json) -> ActionSpec:
    within = raw.get("within")
    return ActionSpec(
        key=raw["key"],
        labels=raw["labels"],
        permission=raw["permission"],
        by=tuple(raw.get("by", ())),
        when=maybe(raw.get("when")),
        because=raw.get("because"),
        form=raw.get("form"),
        fields=fields(document, form_fields(document, raw)),
        within=(within["kind"], Expression(within["amount"])) if within else None,
        effects=effects(raw.get("effects", [])),
        steps=_steps(raw.get("next", [])),
        back=raw.get("back", False),
        bulk=raw.get("bulk"),
    )


def _script(raw: Json) -> Script:
    return {language: tuple(lines) for language, lines in raw.items()}


def scripts(document: Json) -> dict[str, ScriptSpec]:
    return {
        s["key"]: ScriptSpec(key=s["key"], when=maybe(s.get("when")), lines=_script(s["lines"]))
        for s in document.get("scripts", ())
    }


def needs(raw: Json) -> tuple[NeedSpec, ...]:
    return tuple(NeedSpec(labels=n["labels"], that=Expression(n["that"])) for n in raw.get("needs", ()))


def _stage(document: Json, raw: Json) -> StageSpec:
    return StageSpec(
        key=raw["key"],
        labels=raw["labels"],
        holder=raw.get("holder"),
        script=_script(raw.get("script", {})),
        scripts=tuple(raw.get("scripts", ())),
        enter=effects(raw.get("enter", [])),
        skips=_steps(raw.get("skip", [])),
        deadlines=tuple(raw.get("deadlines", ())),
        forms=tuple(raw.get("forms", ())),
        ticks=tuple(raw.get("ticks", ())),
        dossier=raw.get("dossier"),
        needs=needs(raw),
        actions={a["key"]: _action(document, a) for a in raw.get("actions", ())},
        public=raw.get("public"),
        final=raw.get("final", False),
        void=raw.get("void", False),
    )


def flow(document: Json, raw: Json, common: list[Any]) -> FlowSpec:
    """A process, or the process of a sheet; `common` are the actions possible in all its open stages."""
    return FlowSpec(
        key=raw["key"],
        labels=raw["labels"],
        when=maybe(raw.get("when")),
        start=raw["start"],
        stages={s["key"]: _stage(document, s) for s in raw["stages"]},
        actions={a["key"]: _action(document, a) for a in common},
        hooks=tuple(_hook(h) for h in raw.get("hooks", ())),
    )


def _hook(raw: Json) -> HookSpec:
    return HookSpec(
        key=raw["key"],
        on=raw["on"],
        of=raw.get("of"),
        when=maybe(raw.get("when")),
        effects=effects(raw.get("effects", [])),
        to=raw.get("to"),
    )


def processes(document: Json) -> dict[str, FlowSpec]:
    return {p["key"]: flow(document, p, actions_of(document, p)) for p in document["processes"]}


def sheets(document: Json) -> dict[str, SheetSpec]:
    return {
        s["key"]: SheetSpec(
            key=s["key"],
            labels=s["labels"],
            nature=s["nature"],
            number=s["number"],
            fields=fields(document, s.get("fields", [])),
            flow=flow(document, s, s.get("actions", [])),
            holds={f.key: f for f in fields(document, list(sheet_fields(document, s).values()))},
            signatures=tuple(line["labels"] for line in s.get("signatures", ())),
        )
        for s in document.get("sheets", ())
    }


def span(raw: Json) -> SpanSpec:
    return SpanSpec(amount=raw["amount"], unit=raw["unit"], when=maybe(raw.get("when")))


def deadlines(document: Json) -> dict[str, DeadlineSpec]:
    ladders = {name: tuple(ladder["roles"]) for name, ladder in keyed(document["ladders"]).items()}
    return {
        d["key"]: DeadlineSpec(
            key=d["key"],
            labels=d["labels"],
            spans=tuple(span(s) for s in d["spans"]),
            since_receipt=d.get("from") == "received",
            until=d["until"],
            pausable=d.get("pausable", True),
            public=d.get("public", False),
            silent=d.get("silent", False),
            escalation=_escalation(_escalation_of(document, d), ladders),
        )
        for d in document["deadlines"]
    }


def _escalation_of(document: Json, deadline: Json) -> Json:
    """The common escalation with what the deadline words itself; of a silent one only the ladder."""
    whole = {**document["escalation"], **deadline.get("escalation", {})}
    return {"ladder": whole["ladder"]} if deadline.get("silent") else whole


def _escalation(raw: Json, ladders: Mapping[str, tuple[str, ...]]) -> Escalation:
    return Escalation(
        remind_at=raw.get("remind_at"),
        remind=tuple(raw.get("remind", ())),
        reminder=raw.get("reminder"),
        urge=raw.get("urge"),
        department=raw.get("department"),
        tell=tuple(raw.get("tell", ())),
        notice=raw.get("notice"),
        ladder=ladders[raw["ladder"]],
        again_every=span(raw["again_every"]) if "again_every" in raw else None,
    )


def authority(document: Json) -> dict[str, tuple[AuthorityStep, ...]]:
    return {
        kind["key"]: tuple(
            AuthorityStep(
                when=maybe(step.get("when")),
                up_to=step.get("up_to"),
                chain=tuple(tuple(group) if isinstance(group, list) else (group,) for group in step["chain"]),
            )
            for step in kind["steps"]
        )
        for kind in document.get("authority", ())
    }


def rules(raw: list[Json]) -> tuple[RuleSpec, ...]:
    return tuple(RuleSpec(key=r["key"], labels=r["labels"], when=Expression(r["when"]), level=r["level"]) for r in raw)
