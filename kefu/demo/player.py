"""Plays one story: each step is a REST call by the person who would make it, with what they may do read before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from itertools import groupby

from kefu.demo.api import Caller, Json, Refused
from kefu.demo.loading import Company
from kefu.demo.moving_clock import MovingClock
from kefu.demo.stories import Step, Story, Values
from kefu.demo.telling import Teller
from kefu.waiting import wait_until

ARRIVES_WITHIN = 30.0
"""Seconds within which what one service tells another has arrived, and a sweep has found a passed deadline."""
SCAN = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


class StoryFailed(Exception):
    """A step did not go as the story says."""


class _NotDone(Exception):
    """An action was refused; `label` is what it is called."""

    def __init__(self, label: str, refused: Refused) -> None:
        super().__init__(str(refused))
        self.label, self.refused = label, refused


class Player:
    """One case from its registration to the story's end."""

    def __init__(self, company: Company, customers: list[Json], roles: dict[str, str], clock: MovingClock) -> None:
        """`roles`: what each role is called."""
        self._company, self._roles, self._clock = company, roles, clock
        self._tell = Teller(clock.now)
        self._files: dict[str, str] = {}
        self._case: Json = {}
        self._values = Values(
            staff={username: member.id for username, member in company.staff.items()},
            unit=company.units,
            file=self._files,
            customer=dict(enumerate(customers, start=1)),
            workday=_WorkdaysBefore(company, clock),
        )
        self._kinds: dict[str, Callable[[Step], None]] = {
            "do": self._act, "attach": self._attach, "await": self._await, "later": self._later, "show": self._show,
            "when_clock_moves": self._when_clock_moves,
        }  # fmt: skip

    def play(self, story: Story) -> Json:
        """The case as it is at the end. Raises StoryFailed."""
        self._tell.chapter(f"{self._company.name} · {story.title}", story.about)
        self._register(story.register)
        for step in story.steps:
            self._play(step)
        return self._case

    def register(self, step: Step) -> Json:
        """Only take the case in, as `step` says."""
        self._register(step)
        return self._case

    def _play(self, step: Step) -> None:
        kind = next((kind for kind in self._kinds if kind in step), None)
        if kind is None:
            raise StoryFailed(f"{self._company.code}: a step must have one of {', '.join(self._kinds)}: {step}")
        self._kinds[kind](step)

    def _register(self, step: Step) -> None:
        body = self._values.fill({key: value for key, value in step.items() if key != "by"}, self._clock.now())
        caller = self._company.person(step["by"])
        try:
            self._case = caller.post("/v1/complaints", body)
        except Refused as refused:
            raise StoryFailed(f"{self._company.code}: the complaint was refused: {refused}") from refused
        self._tell.step(self._who(step["by"]), f"registers ({body['channel']})", self._standing(self._case))
        for reason in self._case["level_reasons"]:
            self._tell.note(f"{self._case['level_label']}: {reason['text']}")

    def _act(self, step: Step) -> None:
        caller, path = self._company.person(step["by"]), self._place(step)
        try:
            label, done = self._acted(caller, path, step)
        except _NotDone as not_done:
            self._refused(step, not_done.label, not_done.refused)
            return
        if "refused" in step:
            raise StoryFailed(f"{step['by']}: {step['do']} should have been refused with {step['refused']}")
        before, self._case = self._case, caller.get(self._case_path)
        self._tell.step(self._who(step["by"]), label, self._standing(done))
        if self._case["level"] != before["level"]:
            self._tell.note(f"{before['level_label']} → {self._case['level_label']}")

    def _acted(self, caller: Caller, path: str, step: Step) -> tuple[str, Json]:
        """The action's label and what it led to. Read again when the platform itself changed the case meanwhile, by
        finding its customer for instance: the right answer to `stale_version`."""
        body = self._values.fill(step.get("with", {}), self._clock.now())
        while True:
            subject = caller.get(path)
            names = {action["name"]: str(action["label"]) for action in subject["actions"]}
            label = names.get(step["do"], step["do"].replace("_", " "))
            try:
                return label, caller.post(f"{path}/actions/{step['do']}", body, version=subject["version"])
            except Refused as refused:
                if refused.code != "stale_version":
                    raise _NotDone(label, refused) from refused

    def _refused(self, step: Step, label: str, refused: Refused) -> None:
        if refused.code != step.get("refused"):
            raise StoryFailed(f"{step['by']}: {step['do']} was refused: {refused}") from refused
        self._tell.refusal(self._who(step["by"]), label, refused.code, str(refused.problem["detail"]))

    def _attach(self, step: Step) -> None:
        caller = self._company.person(step["by"])
        added = caller.upload(f"{self._case_path}/attachments", step["filename"], SCAN, kind=step["kind"])
        self._files[step["attach"]] = added["id"]
        self._tell.step(
            self._who(step["by"]), f"attaches {added['filename']}", f"{added['media_type']} {added['size']} B"
        )

    def _await(self, step: Step) -> None:
        kind = step["await"]["sheet"]
        self._wait(lambda: self._open_sheet(kind), f"an open {kind}")
        sheet = self._open_sheet(kind)
        assert sheet
        for clock in self._case["deadlines"]:
            if clock["breaches"]:
                self._tell.note(f"{clock['label']}: {local(clock['due_at'], self._clock)} ✗")
        waits_for = ", ".join(person["label"] for person in sheet["waits_for"])
        self._tell.note(f"{sheet['label']} {sheet['number']} → {waits_for}; {self._case['level_label']}")

    def _open_sheet(self, kind: str) -> Json | None:
        self._case = self._reader.get(self._case_path)
        return next((s for s in self._case["sheets"] if s["kind"] == kind and s["state"] == "open"), None)

    def _later(self, step: Step) -> None:
        if self._clock.movable:
            self._clock.later(timedelta(**step["later"]))
            self._tell.note(f"… {step['why']}")

    def _when_clock_moves(self, step: Step) -> None:
        if not self._clock.movable:
            self._tell.note("(left out: the clock of this platform cannot be moved, so no day passes)")
            return
        for inner in step["when_clock_moves"]:
            self._play(inner)

    def _show(self, step: Step) -> None:
        {"deadline": self._show_deadline, "inbox": self._show_inbox, "timeline": self._show_timeline}[step["show"]](
            step
        )

    def _show_deadline(self, step: Step) -> None:
        clocks = self._reader.get(f"{self._case_path}/deadlines")["items"]
        clock = [clock for clock in clocks if clock["kind"] == step["kind"]][-1]
        self._tell.note(f"{clock['label']}: {local(clock['due_at'], self._clock)} ({clock['state']})")

    def _show_inbox(self, step: Step) -> None:
        caller = self._company.person(step["of"])

        def about_case() -> list[Json]:
            notices = caller.get("/v1/notifications", limit=20)["items"]
            return [n for n in notices if (n["subject"] or {}).get("id") == self._case["id"]]

        self._wait(about_case, "a notice in the inbox")
        for notice in reversed(about_case()):
            self._tell.note(f"✉ {self._who(step['of'])}: {notice['title']}")

    def _show_timeline(self, _: Step) -> None:
        self._wait(lambda: self._reader.get(self._case_path)["complainant"]["customer_id"], "the customer is found")
        customer = self._reader.get(self._case_path)["complainant"]["customer_id"]

        def events() -> list[str]:
            entries = self._reader.get(f"/v1/customers/{customer}/timeline", limit=100)["items"]
            return [entry["event"] for entry in reversed(entries) if entry["subject_id"] == self._case["id"]]

        self._wait(lambda: "complaint.closed" in events(), "the closing is on the customer's timeline")
        runs = [(event, len(list(run))) for event, run in groupby(events())]
        told = " · ".join(f"{event} ×{times}" if times > 1 else event for event, times in runs)
        self._tell.note(f"customer's timeline: {told}")

    def _wait(self, condition: Callable[[], object], what: str) -> None:
        wait_until(condition, limit=ARRIVES_WITHIN, what=f"{self._case['number']}: {what}", every=0.2)

    def _place(self, step: Step) -> str:
        if "sheet" not in step:
            return self._case_path
        sheets = [sheet for sheet in self._case["sheets"] if sheet["kind"] == step["sheet"]]
        if not sheets:
            raise StoryFailed(f"{self._case['number']} has no sheet {step['on']}")
        latest = max(sheets, key=lambda sheet: str(sheet["id"]))
        return f"{self._case_path}/sheets/{latest['id']}"

    @property
    def _case_path(self) -> str:
        return f"/v1/complaints/{self._case['id']}"

    @property
    def _reader(self) -> Caller:
        return self._company.admin

    def _who(self, username: str) -> str:
        member = self._company.staff[username]
        return f"{member.name} {self._roles.get(member.role, member.role)}"

    def _standing(self, subject: Json) -> str:
        """Number, stage and level of a case; number and stage of a sheet."""
        level = f" · {subject['level_label']}" if "level_label" in subject else ""
        return f"{subject['number']} {subject['state']} · {subject['stage_label']}{level}"


class _WorkdaysBefore:
    """`[-7]`: ten o'clock on the seventh working day before today, by the company's own calendar."""

    def __init__(self, company: Company, clock: MovingClock) -> None:
        self._company, self._clock = company, clock

    def __getitem__(self, number: int) -> str:
        now = self._clock.now()
        span = {"start": now.date() - timedelta(days=60), "end": now.date() - timedelta(days=1)}
        days = self._company.admin.get("/v1/calendar/days", **span)["items"]
        day = [day["day"] for day in days if day["working"]][number]
        return datetime.combine(datetime.fromisoformat(day), time(10), now.tzinfo).isoformat()


def local(moment: str, clock: MovingClock) -> str:
    """A moment of a reply in the company's zone. A deadline that ends at midnight belongs to the day before."""
    there = datetime.fromisoformat(moment).astimezone(clock.now().tzinfo)
    if (there.hour, there.minute) == (0, 0):
        return f"{there - timedelta(days=1):%a %d %b} 24:00"
    return f"{there:%a %d %b %H:%M}"
