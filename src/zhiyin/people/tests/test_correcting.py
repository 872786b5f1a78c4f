"""Flags, merging by hand and undoing a merge: both are again what they were, and what was refused stays refused."""

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as made_up
from hypothesis import strategies as st

from tests.threads import together
from zhiyin.ledger.queries import events
from zhiyin.lib.errors import NotAllowed, NotFound, Refused
from zhiyin.people.actions import (
    Proof,
    erase,
    merge_customers,
    opt_out,
    record_consent,
    set_flag,
    set_language,
    unmerge,
)
from zhiyin.people.models import Customer, Identity, Merge
from zhiyin.people.queries import customer_cards, merged_ids, merges_of, now_are
from zhiyin.people.rules import Flag, Purpose
from zhiyin.people.testing import NOW, SYSTEM, given, known, make_staff, make_tree

pytestmark = pytest.mark.django_db
PHONE, OTHER = "13800138000", "13900139000"
LATER = NOW + timedelta(hours=1)
FIELDS = (
    "refuses",
    "agrees",
    "opted_out_at",
    "is_internal",
    "is_minor",
    "has_open_legal_case",
    "merged_into",
    "language",
)


def undo(kept: int, merged: int) -> None:
    unmerge(kept, merged, because="是母女两人", by=SYSTEM, now=LATER)


def picture() -> tuple[Any, ...]:
    """Who is who, whose each handle is, what each allows."""
    people = {row.pk: tuple(getattr(row, name) for name in FIELDS) for row in Customer.objects.all()}
    named = {pk: card.name for pk, card in customer_cards(people, by=SYSTEM).items()}
    handles = {row.pk: (row.customer_id, row.first_customer_id) for row in Identity.objects.all()}
    return people, named, handles


def two() -> tuple[int, int]:
    older, younger = known(given("C1"), given("C2", PHONE))
    return older.id, younger.id


class TestFlags:
    @pytest.mark.parametrize("flag", list(Flag))
    def test_a_flag_is_set_and_taken_away_with_a_reason_on_record(self, flag):
        (one,) = known(given("C1"))
        assert set_flag(one.id, flag, on=True, reason="诉讼 13800138000", by=SYSTEM, now=NOW)
        assert not set_flag(one.id, flag, on=True, reason="又一次", by=SYSTEM, now=NOW)
        assert set_flag(one.id, flag, on=False, reason="了结", by=SYSTEM, now=NOW)
        facts = events(kind="people.customer_flagged")
        assert [(fact.data["on"], fact.data["reason"]) for fact in facts] == [
            (False, "了结"),
            (True, "诉讼 138****8000"),
        ]

    def test_an_open_legal_case_reaches_whoever_decides(self):
        (one,) = known(given("C1"))
        set_flag(one.id, Flag.OPEN_LEGAL_CASE, on=True, reason="诉讼", by=SYSTEM, now=NOW)
        (again,) = known(given("C1"))
        assert again.has_open_legal_case

    def test_it_needs_a_reason_a_customer_and_the_right(self):
        make_tree()
        (one,) = known(given("C1"))
        with pytest.raises(Refused, match="why|原因"):
            set_flag(one.id, Flag.INTERNAL, on=True, reason=" ", by=SYSTEM, now=NOW)
        with pytest.raises(NotFound):
            set_flag(12345, Flag.INTERNAL, on=True, reason="x", by=SYSTEM, now=NOW)
        with pytest.raises(NotAllowed):
            set_flag(one.id, Flag.INTERNAL, on=True, reason="x", by=make_staff("executive"), now=NOW)


class TestLanguage:
    def test_the_same_again_is_no_change_and_leaves_no_record(self):
        (one,) = known(given("C1"))
        assert set_language(one.id, "en", reason="电话", by=SYSTEM, now=NOW)
        assert not set_language(one.id, "en", reason="又一次", by=SYSTEM, now=NOW)
        assert len(events(kind="people.customer_language_set")) == 1

    def test_it_needs_a_reason_a_customer_who_is_known_a_language_and_the_right(self):
        make_tree()
        (one,) = known(given("C1"))
        with pytest.raises(Refused, match="why|原因"):
            set_language(one.id, "en", reason=" ", by=SYSTEM, now=NOW)
        with pytest.raises(Refused) as refused:
            set_language(one.id, "tlh", reason="x", by=SYSTEM, now=NOW)
        assert refused.value.code == "language_unknown"
        with pytest.raises(NotFound):
            set_language(12345, "en", reason="x", by=SYSTEM, now=NOW)
        with pytest.raises(NotAllowed):
            set_language(one.id, "en", reason="x", by=make_staff("executive"), now=NOW)
        erase(one.id, by=SYSTEM, now=NOW)
        with pytest.raises(Refused) as refused:
            set_language(one.id, "en", reason="x", by=SYSTEM, now=NOW)
        assert refused.value.code == "erased"
        assert Customer.objects.get(pk=one.id).language == ""


class TestMergingByHand:
    def test_the_older_stays_whichever_is_named_first(self):
        older, younger = two()
        assert merge_customers(younger, older, because="同一人", by=SYSTEM, now=NOW) == older
        assert now_are([younger]) == {younger: older}
        assert [card.can_undo for card in merges_of(older)] == [True]
        (fact,) = events(kind="people.customers_merged")
        assert fact.data["because"] == "同一人"

    def test_who_is_one_already_nobody_and_the_erased_are_not_merged(self):
        older, younger = two()
        with pytest.raises(NotFound):
            merge_customers(older, 12345, because="x", by=SYSTEM, now=NOW)
        with pytest.raises(Refused) as refused:
            merge_customers(older, older, because="x", by=SYSTEM, now=NOW)
        assert refused.value.code == "same_person"
        merge_customers(older, younger, because="x", by=SYSTEM, now=NOW)
        with pytest.raises(Refused) as refused:
            merge_customers(older, younger, because="x", by=SYSTEM, now=NOW)
        assert refused.value.code == "same_person"
        (third,) = known(given("C3"))
        erase(third.id, by=SYSTEM, now=NOW)
        with pytest.raises(Refused) as refused:
            merge_customers(older, third.id, because="x", by=SYSTEM, now=NOW)
        assert refused.value.code == "erased"


class TestUndoing:
    def test_everything_is_as_it_was(self):
        older, younger = known(given("C1", brand="甲"), given("C2", PHONE, name="王芳", language="en"))
        opt_out(younger.id, purposes=[Purpose.CARE], via="link", by=SYSTEM, now=NOW)
        set_flag(younger.id, Flag.UNDER_14, on=True, reason="x", by=SYSTEM, now=NOW)
        before = picture()
        known(given("C1", PHONE))
        assert picture() != before
        undo(older.id, younger.id)
        assert picture() == before
        assert len(events(kind="people.customers_unmerged")) == 2  # told to both

    def test_the_number_that_had_merged_them_does_not_do_it_again(self):
        older, younger = two()
        known(given("C1", PHONE))
        undo(older, younger)
        first, second, alone = known(given("C1", PHONE), given("C2", PHONE), given("", PHONE))
        assert (first.id, second.id, alone.id) == (older, younger, younger)
        assert Merge.objects.filter(undone_at=None).count() == 0
        (stranger,) = known(given("C3", PHONE))
        assert stranger.is_new  # a number of several people tells of nobody new whose it is

    def test_without_that_memory_it_would(self):
        """The negative control."""
        older, younger = two()
        known(given("C1", PHONE))
        undo(older, younger)
        Identity.objects.update(is_shared=False)
        (again,) = known(given("C1", PHONE))
        assert again.id == older
        assert now_are([younger]) == {younger: older}

    def test_every_number_that_had_a_part_in_it_is_remembered_also_one_first_seen_in_the_same_batch(self):
        older, younger = known(given("C1"), given("C2", PHONE))
        known(given("C1", "", "w@example.com"), given("", PHONE, "w@example.com"))
        undo(older.id, younger.id)
        first, second = known(given("C1", "", "w@example.com"), given("C2", PHONE, "w@example.com"))
        assert (first.id, second.id) == (older.id, younger.id)

    def test_what_was_refused_while_they_were_one_stays_refused_by_both(self):
        older, younger = two()
        known(given("C1", PHONE))
        opt_out(younger, via="link", by=SYSTEM, now=NOW + timedelta(minutes=1))
        undo(older, younger)
        assert [one.opted_out for one in known(given("C1"), given("C2"))] == [True, True]

    def test_a_refusal_repeated_under_the_other_name_while_they_were_one_is_not_lost(self):
        older, younger = two()
        opt_out(older, via="link", by=SYSTEM, now=NOW)
        known(given("C1", PHONE))
        assert not opt_out(younger, via="link", by=SYSTEM, now=NOW + timedelta(minutes=1))  # so it was already
        undo(older, younger)
        assert [one.opted_out for one in known(given("C1"), given("C2"))] == [True, True]

    def test_a_consent_holds_for_whom_it_was_said_as(self):
        older, younger = two()
        opt_out(older, via="link", by=SYSTEM, now=NOW)
        known(given("C1", PHONE))
        said = NOW + timedelta(minutes=1)
        proof = Proof(source="preference page", said_at=said)
        record_consent(younger, purposes=[Purpose.SURVEY], proof=proof, by=SYSTEM, now=said)
        assert not known(given("C1"))[0].opted_out
        undo(older, younger)
        assert [one.opted_out for one in known(given("C1"), given("C2"))] == [True, False]

    def test_a_handle_that_came_while_they_were_one_stays_with_whom_it_came_to(self):
        older, younger = two()
        known(given("C1", PHONE))
        known(given("C2", OTHER))
        undo(older, younger)
        whose = dict(Identity.objects.filter(kind="phone").values_list("masked", "customer_id"))
        assert whose == {"138****8000": younger, "139****9000": older}

    def test_who_was_merged_into_them_before_goes_with_them(self):
        first, second, third = known(given("C1"), given("C2", PHONE), given("C3", OTHER))
        known(given("C2", OTHER))
        before = picture()
        known(given("C1", PHONE))
        assert merged_ids([first.id]) == {second.id: first.id, third.id: first.id}
        with pytest.raises(NotFound):  # the third is not theirs to give back
            undo(first.id, third.id)
        with pytest.raises(Refused) as refused:
            undo(second.id, third.id)
        assert refused.value.code == "merged_further"
        undo(first.id, second.id)
        assert picture() == before
        undo(second.id, third.id)
        assert merged_ids([first.id, second.id]) == {}

    def test_the_newest_is_undone_first(self):
        first, second, third = known(given("C1"), given("C2", PHONE), given("C3", OTHER))
        known(given("C1", PHONE))
        known(given("C1", OTHER))
        with pytest.raises(Refused) as refused:
            undo(first.id, second.id)
        assert refused.value.code == "later_merge_first"
        assert [card.can_undo for card in merges_of(first.id)] == [True, False]
        undo(first.id, third.id)
        undo(first.id, second.id)
        assert merged_ids([first.id]) == {}

    def test_not_twice_not_without_a_reason_and_not_once_somebody_was_erased(self):
        older, younger = two()
        known(given("C1", PHONE))
        with pytest.raises(Refused, match="why|原因"):
            unmerge(older, younger, because="", by=SYSTEM, now=NOW)
        undo(older, younger)
        with pytest.raises(NotFound):
            undo(older, younger)
        Identity.objects.update(is_shared=False)
        known(given("C1", PHONE))
        erase(older, by=SYSTEM, now=NOW)
        with pytest.raises(Refused) as refused:
            undo(older, younger)
        assert refused.value.code == "erased"

    def test_an_agent_may_not(self):
        make_tree()
        older, younger = two()
        known(given("C1", PHONE))
        with pytest.raises(NotAllowed):
            unmerge(older, younger, because="x", by=make_staff(), now=NOW)


STEPS = st.lists(
    st.tuples(st.sampled_from(["merge", "refuse", "flag"]), st.integers(0, 3), st.integers(0, 3)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@made_up(before=STEPS, merges=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=4))
def test_undoing_all_of_them_newest_first_gives_back_what_was(db, before, merges):
    """Whatever happened before, and in whichever order they were merged."""
    Customer.objects.all().delete()
    Identity.objects.all().delete()
    Merge.objects.all().delete()
    people = [one.id for one in known(*(given(f"P{number}", f"1380013{number:04}") for number in range(4)))]
    for number, (verb, one, other) in enumerate(before):
        now = NOW + timedelta(minutes=number)
        if verb == "refuse":
            opt_out(people[one], purposes=[list(Purpose)[other % 3]], via="link", by=SYSTEM, now=now)
        elif verb == "flag":
            set_flag(people[one], list(Flag)[other % 3], on=True, reason="x", by=SYSTEM, now=now)
        else:
            _merge(people[one], people[other], minute=number)
    was, standing = picture(), Merge.objects.filter(undone_at=None).count()
    for number, (one, other) in enumerate(merges, 20):
        _merge(people[one], people[other], minute=number)
    while Merge.objects.filter(undone_at=None).count() > standing:
        newest = Merge.objects.filter(undone_at=None).latest("id")
        undo(newest.kept, newest.merged)
    assert picture() == was


def _merge(one: int, other: int, *, minute: int) -> None:
    with contextlib.suppress(Refused):  # they are one person already
        merge_customers(one, other, because="x", by=SYSTEM, now=NOW + timedelta(minutes=minute))


@pytest.mark.django_db(transaction=True)
def test_an_undoing_that_meets_imports_of_the_same_people_leaves_the_tables_sound():
    for number in range(6):
        phone = f"1380013{number:04}"
        older, younger = known(given(f"A{number}"), given(f"B{number}", phone))
        known(given(f"A{number}", phone))
        together([
            lambda older=older, younger=younger: undo(older.id, younger.id),
            lambda number=number, phone=phone: known(given(f"B{number}", phone)),
            lambda number=number: known(given(f"A{number}")),
        ])  # fmt: skip
        assert [one.id for one in known(given(f"A{number}", phone), given(f"B{number}", phone))] == [
            older.id,
            younger.id,
        ]
    living = set(Customer.objects.filter(merged_into=None).values_list("pk", flat=True))
    assert set(Identity.objects.values_list("customer_id", flat=True)) <= living
