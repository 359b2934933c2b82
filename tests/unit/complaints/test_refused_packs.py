"""Mutated packs are refused, with the file and line of the mistake and what to write instead."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from contracts.policies import Finding, PolicyError, load_pack, resolve
from tests.unit.complaints.conftest import INDUSTRIES, PACKS


def findings(root: Path, pack: str) -> list[Finding]:
    try:
        return resolve("complaints", [load_pack(root, pack)]).findings
    except PolicyError as error:
        return error.findings


@pytest.mark.parametrize("pack", INDUSTRIES)
def test_packs_as_shipped_are_sound(pack: str) -> None:
    assert findings(PACKS, pack) == []


# pack, text in its complaints.yaml, what it becomes, what the finding says, what the remedy says
MUTATIONS = [
    ("dealership", "department: quality}", "department: qualty}", "`qualty` is not one of `departments`", "`quality`"),
    ("dealership", "head: sales_manager}", "head: sales_boss}", "`sales_boss` is not one of `roles`", "sales_manager"),
    ("dealership", "next: [{to: judging}]", "next: [{to: judgin}]", "`judgin` is not a stage of standard", "`judging`"),
    ("dealership", "forms: [handling]", "forms: [handlin]", "`handlin` is not one of `forms`", "`handling`"),
    (
        "dealership",
        "deadlines: [solution]",
        "deadlines: [solutoin]",
        "`solutoin` is not one of `deadlines`",
        "`solution`",
    ),
    (
        "dealership",
        "      opinion: {}",
        "      audience: {labels: {zh-CN: 对象, en: For}, kind: line}",
        "whom the note is for",
        "choice",
    ),
    ("dealership", "level: major}", "level: mayor}", "`mayor` is not one of `levels`", "`major`"),
    ("dealership", "holder: $recipient", "holder: $recipiant", "`$recipiant` is nobody here", "`$recipient`"),
    ("dealership", "      opinion: {}", "      opinon: {}", "has no `kind` and `labels`", "field of the form"),
    (
        "decoration",
        "{erase: {approved: destruction}}",
        "{erase: {approved: filing}}",
        "nothing on this sheet approves `filing`",
        "approve: {kind: filing}",
    ),
    (
        "decoration",
        "effects: [{reopen: true},",
        "effects: [{erase: {approved: filing}}, {reopen: true},",
        "destroys a file without a paper",
        "action of a sheet",
    ),
    ("dealership", "when: injury,", "when: injuries,", "reads `injuries`, which a case does not have", "`injury`"),
    ("dealership", "when: injury,", 'when: "injury &&",', "is not CEL: at character", "Mend the expression"),
    ("dealership", "when: injury,", "when: group_size,", "gives 0, not true or false", "comparison"),
    ("dealership", "when: injury,", "when: group_size > 'a',", "cannot be worked out", "same kind"),
    ("dealership", "when: fields.accepted", "when: fields.acepted", "reads `fields.acepted`", "`accepted`"),
    (
        "dealership",
        "category: fields.category",
        "categry: fields.category",
        "`categry` is not one of `facts`",
        "`category`",
    ),
    ("dealership", "en: Ordinary}, rank: 1}", "zh: x}, rank: 1}", "lacks `en`", "Add `en: ...`"),
    (
        "dealership",
        "en: Ordinary}, rank: 1}",
        "en: Ordinary}, rank: 2}",
        "two levels have the same rank",
        "the greatest",
    ),
    (
        "dealership",
        "    labels: {zh-CN: 提出处理方案, en: Propose a solution}\n    spans",
        "    spans",
        "lacks `labels`",
        "labels",
    ),
    (
        "dealership",
        "permission: complaints.approve",
        "permission: complaints.aprove",
        "there is no permission `complaints.aprove`",
        "`complaints.approve`",
    ),
    (
        "dealership",
        "to: [$complainant], template: complaint.closed",
        "to: [$nobody], template: complaint.closed",
        "is nobody here",
        "$",
    ),
    (
        "dealership",
        "            next: [{when: proposals.solution == 'approved', to: notification}]\n",
        "",
        "is never reached",
        "go `to` it",
    ),
    ("dealership", "            next: [{to: summary}]\n", "", "has no way to the end", "next"),
    (
        "dealership",
        "unit: business_days}",
        "unit: busines_days}",
        "'busines_days' is not allowed here",
        "`business_days`",
    ),
    (
        "dealership",
        "effects: [{stop: acknowledge_gm}]",
        "effects: []",
        "can never end: nothing stops it",
        "stop: acknowledge_gm",
    ),
    ("dealership", "        deadlines: [solution]\n", "", "is never started", "stage's `deadlines`"),
    (
        "dealership",
        "effects: [{approve: {kind: solution, note: fields.note}}]",
        "effects: []",
        "no action can approve it",
        "approve",
    ),
    (
        "dealership",
        "      - {chain: [general_manager]}",
        "      - {up_to: 100, chain: [general_manager]}",
        "nobody may approve",
        "neither",
    ),
    (
        "dealership",
        "      - {chain: [general_manager]}",
        "      - {chain: [technician]}",
        "is to decide here without",
        "permission",
    ),
    ("dealership", "          - close: outcome\n", "", "is final but does not close", "close"),
    ("dealership", "        holder: $recipient\n", "", "waits for nobody", "`holder`"),
    ("dealership", "        final: true\n        enter:", "        enter:", "has no end", "final: true"),
    ("dealership", "start: intake", "strat: intake", "lacks `start`", "start"),
    ("dealership", "like_cases:", "like_cases: {}\nlike_cases:", "stands here a second time", "Keep one"),
    ("dealership", "like_cases:", "like_cases: [", "is not YAML", "syntax"),
    (
        "property",
        "        skip: [{when: written, to: registered}]",
        "        skip: [{when: written, to: reception}]",
        "no human act between",
        "ring",
    ),
    ("property", "{up_to: 500000, chain", "{up_to: 40000, chain", "is not above the step before", "rise"),
    ("property", "required_when: fields.stamped", "required_when: fields.stamp", "reads `fields.stamp`", "`stamped`"),
    ("property", 'number: "SW{year}-{serial:4}"', 'number: "SW{year}"', "has no serial", "{serial:4}"),
    ("property", 'number: "SW{year}-{serial:4}"', 'number: "SW{yaer}-{serial:4}"', "is no part of a number", "`year`"),
    ("developer", "  again_after: [{amount: 15, unit: days}]\n", "", "depends on `days_open`", "again_after"),
    (
        "developer",
        "handler: {stands_in: customer_service_officer}",
        "handler: {}",
        "nobody acts for `handler`",
        "stands_in",
    ),
    (
        "developer",
        "{when: needs_coordination, amount: 10",
        "{amount: 10",
        "has no `when`, so the spans after",
        "put it last",
    ),
    (
        "developer",
        "amount: 10, unit: business_days}",
        "amount: 0, unit: business_days}",
        "over before it begins",
        "1 or more",
    ),
    ("group", "{amount: 1, unit: same_day}", "{amount: 2, unit: same_day}", "is no amount for `same_day`", "Write 1"),
    (
        "developer/risk",
        "  again_after: [{amount: 1, unit: weeks}, {amount: 1, unit: months}]",
        "",
        "months_open",
        "again_after",
    ),
    (
        "property/appeals",
        "        of: answer\n",
        "        of: anser\n",
        "`anser` is not one of `deadlines`",
        "`answer`",
    ),
    ("property/frontline", "of: handling_sheet", "of: handling", "`handling` is not one of `sheets`", "handling_sheet"),
    (
        "property/appeals",
        "        on: breached\n        of: answer",
        "        on: raised\n        of: answer",
        "says nothing for `on: raised`",
        "Take it out",
    ),
    ("developer", "field: facts.forwarded_by", "field: facts.forwarded_bye", "is not asked at intake", "forwarded_by"),
    (
        "manufacturer",
        "{kind: bonus_penalty, when",
        "{kind: bonus_penalty, each: sheet.sort, when",
        "not a list",
        "a table",
    ),
    ("manufacturer", "share: each.share, note", "share: each.shares, note", "cannot be worked out", "same kind"),
    (
        "manufacturer",
        "each.share, note: sheet.measures}",
        "figures.shares, note: sheet.measures}",
        "`figures.shares`, which is not there",
        "over_ratio",
    ),
    ("furniture", "{amount: 1, unit: same_day}", "{amount: 0, unit: same_day}", "no amount for `same_day`", "1"),
    ("furniture", "values: {item: fields.item", "values: {items: fields.item", "not one of the fields of", "`item`"),
    ("manufacturer", "party: handler, amount", "amount", "is about nobody", "`party`"),
    (
        "manufacturer",
        'number: "YC{year:2}{month}{serial:3}"',
        'number: "{year:2}{month}{serial:2}"',
        "other cases",
        "otherwise",
    ),
    (
        "manufacturer",
        'case: "{year:2}{month}{serial:2}"',
        'case: "{year:2}{month:2}{serial:2}"',
        "take a width",
        "`{month}`",
    ),
    ("manufacturer", "steps: [{chain: [plant_head", "steps: [{chain: [$decider", "names nobody", "a role"),
    (
        "manufacturer",
        "notify: {to: [gm_office], template: complaint.assigned}",
        "notify: {to: [$complainant], template: complaint.assigned, values: {content: fields.reason}}",
        "what stands on an internal form",
        "not `internal`",
    ),
    (
        "dealership",
        "  result:\n    labels: {zh-CN: 调查与处理方案, en: Investigation and solution}\n",
        "  result:\n    internal: true\n    labels: {zh-CN: 调查与处理方案, en: Investigation and solution}\n",
        "is an internal form",
        "it never reaches them",
    ),
    ("dealership", "    public: \"proposals.solution == 'approved'\"\n", "", "is never shown", "`public: <condition>`"),
    (
        "dealership",
        "kind: staff, required: true}",
        "kind: staff, public: detail}",
        "is never shown",
        "Say on the form when",
    ),
    (
        "dealership",
        "en: Person directly responsible}, kind: staff}",
        "en: Person directly responsible}, kind: staff, public: detail}",
        "a staff is not for the complainant",
        "Mark one of",
    ),
    ("dealership", "set: {satisfaction: rating,", "set: {satisfaction: ratng,", "reads `ratng`", "`rating`"),
    ("developer", "by: [category, level]", "by: [category, levels]", "'levels' is not allowed here", "`level`"),
]


@pytest.mark.parametrize(("pack", "text", "mutant", "problem", "remedy"), MUTATIONS)
def test_mistake_is_named_with_its_line(  # noqa: PLR0917  (one row of the table)
    tmp_path: Path, pack: str, text: str, mutant: str, problem: str, remedy: str
) -> None:
    root = Path(shutil.copytree(PACKS, tmp_path / "packs"))
    file = root / pack / "complaints.yaml"
    before = file.read_text(encoding="utf-8")
    assert text in before
    after = before.replace(text, mutant, 1)
    file.write_text(after, encoding="utf-8")
    found = [f for f in findings(root, pack) if problem in f.problem]
    assert found, findings(root, pack)
    assert all(f.file.endswith(".yaml") and f.line for f in found)
    assert any(remedy in f.remedy for f in found)


def test_line_is_the_one_of_the_mistake(tmp_path: Path) -> None:
    root = Path(shutil.copytree(PACKS, tmp_path / "packs"))
    file = root / "dealership" / "complaints.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if "large_claim:" in line)
    lines[place] = re.sub(r"when: [^,]+", "when: claim > 1", lines[place])
    file.write_text("\n".join(lines), encoding="utf-8")
    (finding,) = findings(root, "dealership")
    assert (finding.file, finding.line) == ("dealership/complaints.yaml", place + 1)
    assert finding.key == "judging.rules.large_claim.when"
    assert str(finding).startswith(f"dealership/complaints.yaml:{place + 1}: judging.rules.large_claim.when: ")
