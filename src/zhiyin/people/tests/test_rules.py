"""What a person allows: written out as a table, and what must hold whatever was said in whichever order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.people.rules import (
    EVERYTHING,
    NOTHING,
    Purpose,
    Said,
    Standing,
    bits_of,
    flag_after_parting,
    is_newer,
    joined,
    may_write,
    parted,
    purposes_of,
)

T0 = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SURVEY, CARE, RESEARCH = Purpose.SURVEY, Purpose.CARE, Purpose.RESEARCH


def at(hours: int) -> datetime:
    return T0 + timedelta(hours=hours)


moments = st.integers(0, 50).map(at)
bits = st.integers(NOTHING, EVERYTHING)


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    return Standing(agrees=draw(bits)).refusing(draw(bits), at=draw(moments))


said = st.lists(
    st.builds(
        Said, customer=st.sampled_from([1, 2]), purpose=st.sampled_from(Purpose), is_refusal=st.booleans(), at=moments
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    ("purpose", "refuses", "agrees", "may"),
    [
        (SURVEY, (), (), True),
        (CARE, (), (), True),
        (RESEARCH, (), (), False),  # waits for a yes
        (RESEARCH, (), (RESEARCH,), True),
        (RESEARCH, (RESEARCH,), (RESEARCH,), False),  # a no wins
        (SURVEY, (SURVEY,), (), False),
        (SURVEY, (CARE,), (), True),
        (CARE, (SURVEY, CARE, RESEARCH), (), False),
    ],
)
def test_what_may_be_sent(purpose, refuses, agrees, may):
    assert may_write(purpose, refuses=bits_of(refuses), agrees=bits_of(agrees)) is may


@given(st.sets(st.sampled_from(Purpose)))
def test_a_set_of_purposes_survives_being_stored(purposes):
    assert set(purposes_of(bits_of(purposes))) == purposes


@pytest.mark.parametrize(("hours", "newer"), [(-1, False), (0, False), (1, True)])
def test_only_a_consent_given_after_the_refusal_is_newer(hours, newer):
    assert is_newer(at(hours), refused_at=T0) is newer
    assert is_newer(at(hours), refused_at=None)


def test_refusing_the_last_purpose_is_opting_out_and_agreeing_to_one_ends_it():
    two = Standing().refusing(bits_of([SURVEY, CARE]), at=T0)
    assert two.opted_out_at is None
    three = two.refusing(bits_of([RESEARCH]), at=at(1))
    assert three == Standing(EVERYTHING, NOTHING, at(1))
    assert three.refusing(EVERYTHING, at=at(5)).opted_out_at == at(1)  # since when stays
    assert three.agreeing(bits_of([CARE])) == Standing(bits_of([SURVEY, RESEARCH]), bits_of([CARE]), None)
    assert three.agreeing(NOTHING) == three


@given(standings(), standings(), moments)
def test_who_is_one_person_refuses_whatever_either_refused(one, other, moment):
    both = joined(one, other, at=moment)
    assert both.refuses == one.refuses | other.refuses
    assert both.agrees & both.refuses == NOTHING
    assert (both.opted_out_at is not None) == (both.refuses == EVERYTHING)
    assert both == joined(other, one, at=moment)


@given(standings())
def test_undoing_at_once_gives_back_what_was(before):
    assert parted(before, [], own={1}) == before


@given(standings(), said)
def test_a_refusal_said_while_two_were_one_holds_unless_the_same_side_agreed_later(before, words):
    after = parted(before, words, own={1})
    for purpose in Purpose:
        about = sorted((one for one in words if one.purpose is purpose), key=lambda one: one.at)
        counting = [one for one in about if one.is_refusal or one.customer == 1]
        if counting and counting[-1].is_refusal:
            assert after.refuses & bits_of([purpose])
        if not counting:
            assert after.refuses & bits_of([purpose]) == before.refuses & bits_of([purpose])
    assert (after.opted_out_at is not None) == (after.refuses == EVERYTHING)


@pytest.mark.parametrize(
    ("before", "of_the_other", "now", "after"),
    [
        (True, False, True, True),  # it was mine
        (True, False, False, True),  # taken away while we were one: it comes back to whose it was
        (False, True, True, False),  # it was the other's
        (False, False, True, True),  # set on the whole person since
        (False, False, False, False),
    ],
)
def test_flags_after_undoing(before, of_the_other, now, after):
    assert flag_after_parting(before=before, of_the_other=of_the_other, now=now) is after
