"""Many threads bring the same people at once: one customer each, no deadlock, nothing lost in a merge."""

from collections.abc import Callable
from itertools import combinations
from random import Random

import pytest

from tests.threads import together
from zhiyin.ledger.queries import events
from zhiyin.people.actions import opt_out
from zhiyin.people.identify import Given, Known
from zhiyin.people.models import Customer, Identity
from zhiyin.people.testing import NOW, SYSTEM, given, known

THREADS = 8
PHONES = [f"1380013{number:04}" for number in range(40)]
pytestmark = pytest.mark.django_db(transaction=True)


def bringing(*people: Given) -> Callable[[], list[Known]]:
    return lambda: known(*people)


def test_eight_threads_that_bring_the_same_new_person_make_one_customer():
    found = together([bringing(given("C1", PHONES[0], name="王芳"))] * THREADS)
    assert len({one.id for (one,) in found}) == 1
    assert Customer.objects.count() == 1
    assert Identity.objects.count() == 2
    assert [one.is_new for (one,) in found].count(True) == 1


def test_eight_ids_with_one_phone_brought_at_once_are_one_person():
    found = together([bringing(given(f"C{number}", PHONES[0])) for number in range(THREADS)])
    assert len({one.id for (one,) in found}) == 1
    assert Customer.objects.filter(merged_into=None).count() == 1
    assert set(Identity.objects.values_list("customer_id", flat=True)) == {found[0][0].id}


def test_the_same_merge_by_eight_threads_happens_once():
    known(given("C1"), given("C2", PHONES[0]))
    found = together([bringing(given("C1", PHONES[0]))] * THREADS)
    assert len({one.id for (one,) in found}) == 1
    assert len(events(kind="people.customers_merged")) == 1


def test_a_chain_that_is_merged_from_both_ends_at_once_becomes_one_person():
    for again in range(5):
        start = again * 7
        links = [given(f"K{again}-{number}", PHONES[start + number]) for number in range(7)]
        known(*links)
        joins = [given(f"K{again}-{left}", PHONES[start + right]) for left, right in combinations(range(7), 2)][::3]
        together([bringing(join) for join in joins[:THREADS]])
        together([bringing(given(f"K{again}-0", PHONES[start + number])) for number in range(1, 7)])
        assert len({one.id for one in known(*links)}) == 1
    assert_sound()


def test_crossing_batches_of_old_and_new_people_meet_no_deadlock():
    dice = Random(20261120)
    known(*(given(f"C{number}", PHONES[number]) for number in range(20)))

    def batch() -> list[Given]:
        people = [given(f"C{dice.randrange(40)}", dice.choice(PHONES)) for _ in range(15)]
        return [*people, *(given(f"D{dice.randrange(30)}", dice.choice(PHONES)) for _ in range(15))]

    for _ in range(4):
        together([bringing(*batch()) for _ in range(THREADS)])
    assert_sound()


def test_an_opt_out_that_meets_a_merge_is_never_lost():
    for number in range(10):
        older, younger = known(given(f"A{number}"), given(f"B{number}", PHONES[number]))
        together([
            lambda number=number: bool(known(given(f"A{number}", PHONES[number]))),
            lambda younger=younger: opt_out(younger.id, via="test", by=SYSTEM, now=NOW),
        ])  # fmt: skip
        (one,) = known(given(f"A{number}"))
        assert (one.id, one.opted_out) == (older.id, True)


def assert_sound() -> None:
    """Every handle belongs to a customer who is nobody else, and every merge ends in one step."""
    living = set(Customer.objects.filter(merged_into=None).values_list("pk", flat=True))
    assert set(Identity.objects.values_list("customer_id", flat=True)) <= living
    assert set(Customer.objects.exclude(merged_into=None).values_list("merged_into", flat=True)) <= living
