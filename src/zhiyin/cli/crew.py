"""The demo's invented staff at work: each open case is taken through its five steps in a time that follows from its
own number, some in time, some late, a few not at all yet."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from zhiyin.cases.actions import handling, stepping
from zhiyin.cases.actions.closing import close
from zhiyin.cases.queries.work import InHand, cases_in_hand
from zhiyin.lib.errors import Refused
from zhiyin.packs.format import Pack
from zhiyin.people.access import Viewer, viewer_by_id
from zhiyin.people.queries import StaffCard, staff_of

DEMO = Viewer.system("demo")


# The agent as whom a visitor may log in gets half of what came in since then, and nobody else touches it.
LEFT_TO_THE_VISITOR = timedelta(hours=20)


class Crew:
    """Who works the cases. ``work`` is called as time goes on; ``ends_at`` is when the visitor comes."""

    def __init__(self, pack: Pack, *, ends_at: datetime) -> None:
        self._compensated = pack.sample.shares.compensated
        self._left_since = ends_at - LEFT_TO_THE_VISITOR
        self._causes = [cause for group in pack.causes.groups for cause in group.causes]
        self._gaps = [gap.key for gap in pack.causes.gaps]
        self._people = staff_of(by=DEMO, roles=("agent", "team_lead"))
        login = next((one.code for one in pack.about.sample.staff if one.email and one.role == "agent"), None)
        self._visitor = next((one for one in self._people if one.code == login), None)
        self._viewers: dict[int, Viewer] = {}

    def work(self, until: datetime) -> int:
        """Do everything that is due by then, in the order of the cases; returns how many steps were taken."""
        done = 0
        for case in cases_in_hand(by=DEMO):
            done += self._work(case, until)
        return done

    def _work(self, case: InHand, until: datetime) -> int:
        dice = Random(case.id)
        plan = _plan(case, dice)
        owner = self._owner(case, dice)
        if owner is None:
            return 0
        done = 0
        for name, at in plan:
            if at > until or (name != "assign" and self._is_left(case, owner)):
                break
            if self._already(case, name):
                continue
            try:
                self._step(name, case, owner, at, dice)
            except Refused:
                return done  # a colleague, the demo's visitor perhaps, has taken it elsewhere
            done += 1
        return done

    def _owner(self, case: InHand, dice: Random) -> StaffCard | None:
        if case.owner_id is not None:
            return next((one for one in self._people if one.id == case.owner_id), None)
        visitor = self._visitor
        if visitor and case.opened_at > self._left_since and case.about_id != visitor.id and dice.random() < 0.5:
            return visitor
        near = [one for one in self._people if one.unit_id == case.unit_id and one.id != case.about_id]
        near = near or [one for one in self._people if one.role == "team_lead" and one.id != case.about_id]
        return dice.choice(near) if near else None

    def _is_left(self, case: InHand, owner: StaffCard) -> bool:
        return owner == self._visitor and case.opened_at > self._left_since

    @staticmethod
    def _already(case: InHand, name: str) -> bool:
        taken = {
            "assign": case.owner_id,
            "connect": case.connected_at,
            "commit": case.committed_at,
            "complete": None if case.has_problem else case.completed_at,
            "confirm": case.agreed_at,
            "callback": case.called_back_at,
        }
        return taken.get(name) is not None

    def _step(self, name: str, case: InHand, owner: StaffCard, at: datetime, dice: Random) -> None:
        by = self._viewers.setdefault(owner.id, viewer_by_id(owner.id))
        match name:
            case "assign":
                handling.assign(case_id=case.id, staff_id=owner.id, by=DEMO, now=at)
            case "connect":
                stepping.connect(case_id=case.id, by=by, now=at)
            case "commit":
                stepping.commit(
                    case_id=case.id, by=by, now=at, promised_for=at + timedelta(hours=dice.choice((24, 48)))
                )
            case "complete":
                self._compensate(case, by, at)
                stepping.complete(case_id=case.id, by=by, now=at)
            case "confirm":
                stepping.confirm(case_id=case.id, by=by, now=at, agreed=True)
            case "callback":
                stepping.callback(case_id=case.id, by=by, now=at, solved=True)
            case "close":
                cause = dice.choice(self._causes)
                close(case_id=case.id, by=by, now=at, cause=cause.key, gap=cause.gap or dice.choice(self._gaps))

    def _compensate(self, case: InHand, by: Viewer, at: datetime) -> None:
        """Some customers get something for their trouble, once, before the matter is done."""
        dice = Random(f"granted:{case.id}")
        if case.has_problem or dice.random() >= self._compensated:
            return
        kind, amount = dice.choice((("discount", 10), ("discount", 30), ("gift", 20), ("cost_taken_over", 50)))
        handling.compensate(case_id=case.id, kind=kind, amount=Decimal(amount), by=by, now=at)


def _plan(case: InHand, dice: Random) -> list[tuple[str, datetime]]:
    """When each step is taken. Most first contacts are within the half hour; a case in ten is slow all along."""
    slow = 4.0 if dice.random() < 0.1 else 1.0
    if case.problem_found_at is not None:
        return _second_plan(case.problem_found_at, slow, dice)
    at = case.opened_at + timedelta(minutes=dice.uniform(1, 6))
    plan = [("assign", at)]
    for name, median in (
        ("connect", 14),
        ("commit", 25),
        ("complete", 16 * 60),
        ("confirm", 40),
        ("callback", 30 * 60),
    ):
        at += timedelta(minutes=slow * dice.lognormvariate(0, 0.45) * median)
        if name == "callback":
            at = max(at, plan[-2][1] + timedelta(hours=25))
        plan.append((name, at))
    return [*plan, ("close", at + timedelta(minutes=dice.uniform(2, 15)))]


def _second_plan(found_at: datetime, slow: float, dice: Random) -> list[tuple[str, datetime]]:
    """What turned out not to be solved has two days; most need one."""
    solved = found_at + timedelta(hours=slow * dice.lognormvariate(0, 0.45) * 18)
    agreed = solved + timedelta(minutes=dice.uniform(10, 90))
    return [("complete", solved), ("confirm", agreed), ("close", agreed + timedelta(minutes=dice.uniform(2, 15)))]
