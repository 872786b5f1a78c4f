"""Two people at once, on the database at hand: one wins, the other is told so, nothing happens twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connections

from zhiyin.cases.actions import handling, opening, stepping
from zhiyin.cases.models import Case, Entry, Trigger
from zhiyin.cases.refusals import AlreadyContacted, AlreadyTaken, OverAuthority
from zhiyin.cases.rules.occasions import Kind, Reason, Signal
from zhiyin.cases.testing import NOW, SYSTEM, make_case, make_desk, make_occasion
from zhiyin.lib.errors import Refused
from zhiyin.people.access import Viewer

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8


def at_once(work: Callable[[int], object], *, times: int = CROWD) -> list[object]:
    """``work(0)`` … ``work(times - 1)`` in threads that start together; what each returned, or what it raised."""
    start = Barrier(times)

    def one(number: int) -> object:
        start.wait(timeout=30)
        try:
            return work(number)
        except Refused as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def test_two_accept_the_same_case_and_one_has_it() -> None:
    desk = make_desk()
    case_id = make_case(desk).case_id
    people: list[Viewer] = [desk.agent, desk.colleague]
    found = at_once(lambda n: handling.accept(case_id=case_id, by=people[n], now=NOW), times=2)
    assert found.count(None) == 1
    loser = next(one for one in found if one is not None)
    assert isinstance(loser, AlreadyTaken) or getattr(loser, "code", "") == "not_yours"
    winner = people[found.index(None)]
    assert Case.objects.get(pk=case_id).owner_id == winner.staff_id
    assert Entry.objects.filter(case_id=case_id, kind="accept").count() == 1


def test_the_customer_is_reached_once() -> None:
    desk = make_desk()
    case_id = make_case(desk).case_id
    found = at_once(lambda _: stepping.connect(case_id=case_id, by=SYSTEM, now=NOW))
    assert found.count(None) == 1
    assert all(isinstance(one, AlreadyContacted) for one in found if one is not None)
    assert Entry.objects.filter(case_id=case_id, kind="connect").count() == 1


def test_the_same_occasion_at_once_opens_one_case() -> None:
    desk = make_desk()
    occasion = make_occasion(desk)
    found = at_once(lambda _: opening.open_case(occasion, by=SYSTEM, now=NOW))
    assert sorted(getattr(one, "outcome", "") for one in found) == ["known"] * (CROWD - 1) + ["opened"]
    assert Case.objects.count() == 1


def test_complaint_and_low_answer_about_one_interaction_at_once_are_one_case() -> None:
    desk = make_desk()
    answer = make_occasion(desk, interaction_id=77)
    flag = make_occasion(desk, kind=Kind.INTERACTION, ref_id=77, interaction_id=77, signals=(Signal(Reason.COMPLAINT),))
    at_once(lambda n: opening.open_case((answer, flag)[n % 2], by=SYSTEM, now=NOW))
    assert Case.objects.count() == 1
    assert Trigger.objects.count() == 2


def test_codes_are_never_given_twice() -> None:
    desk = make_desk()
    occasions = [make_occasion(desk) for _ in range(CROWD)]
    found = at_once(lambda n: opening.open_case(occasions[n], by=SYSTEM, now=NOW))
    assert sorted(getattr(one, "code", "") for one in found) == [f"GD-20261120-{n:04d}" for n in range(1, CROWD + 1)]


def test_two_grants_at_once_stay_within_the_authority() -> None:
    desk = make_desk()
    case_id = make_case(desk).case_id
    handling.accept(case_id=case_id, by=desk.agent, now=NOW)

    def grant(_: int) -> None:
        handling.compensate(case_id=case_id, kind="gift", amount=Decimal(40), by=desk.agent, now=NOW)

    found = at_once(grant)
    assert found.count(None) == 1
    assert all(isinstance(one, OverAuthority) for one in found if one is not None)
    assert Entry.objects.filter(case_id=case_id, kind="compensate").count() == 1


def test_whoever_names_no_version_waits_instead_of_being_refused() -> None:
    """The loop joins one more voice while a lead assigns: both happen, whichever comes first."""
    desk = make_desk()
    case_id = make_case(desk, interaction_id=77).case_id
    voices = [
        make_occasion(desk, kind=Kind.INTERACTION, ref_id=number, interaction_id=77, title=f"{number}")
        for number in range(CROWD)
    ]

    def one(number: int) -> object:
        if number % 2:
            return opening.open_case(voices[number], by=SYSTEM, now=NOW).outcome
        handling.assign(case_id=case_id, staff_id=desk.agent.staff_id or 0, by=SYSTEM, now=NOW)
        return "assigned"

    assert at_once(one) == ["assigned", "joined"] * (CROWD // 2)
