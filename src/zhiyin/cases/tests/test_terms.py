"""Reading terms, and refusing those that cannot be run."""

from datetime import timedelta
from typing import Any

import pytest

from zhiyin.cases.rules.facts import Step
from zhiyin.cases.rules.terms import BadTerms, clocks_of, frozen, length, terms_of
from zhiyin.cases.testing import TERMS


def read(**changes: Any) -> object:
    return terms_of({"terms": {**TERMS, **changes}}, zone="Asia/Shanghai")


def test_terms_are_read_as_the_pack_writes_them() -> None:
    terms = terms_of({"terms": TERMS}, zone="Asia/Shanghai")
    connect, away, *_ = terms.clocks
    assert (connect.step, connect.within, connect.instead_of) == (Step.CONNECT, timedelta(minutes=30), "")
    assert (away.within, away.instead_of) == (timedelta(hours=1), "connect")
    assert terms.closing_needs == {"customer_agreed", "cause_classified", "found_problem_solved"}
    assert [(rung.key, rung.to, rung.after) for rung in terms.ladder] == [("to_lead", "team_lead", timedelta(0))]


def test_a_case_keeps_the_promise_without_its_explanations() -> None:
    explained = [{**TERMS["clock"][0], "name": {"en": "Contact"}, "source": "S1.8"}]
    kept = frozen(explained)
    assert kept == [TERMS["clock"][0]]
    assert clocks_of(kept)[0].within == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"minutes": 30}, timedelta(minutes=30)),
        ({"days": 1, "hours": 12}, timedelta(hours=36)),
    ],
)
def test_lengths(raw: dict[str, int], expected: timedelta) -> None:
    assert length(raw) == expected


CLOCK = TERMS["clock"][0]
CALENDAR = TERMS["calendar"][0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clock": [{**CLOCK, "starts": "sometime"}]}, "starts at 'sometime'"),
        ({"clock": [{**CLOCK, "calendar": "moon"}]}, "names the calendar 'moon'"),
        ({"clock": [{**CLOCK, "within": {"weeks": 1}}]}, "minutes, hours or days"),
        ({"clock": [{**CLOCK, "within": {}}]}, "minutes, hours or days"),
        ({"clock": [{**CLOCK, "step": "dance"}]}, "shape of terms.toml"),
        ({"clock": [{"key": "connect"}]}, "'starts' is missing"),
        ({"calendar": [{**CALENDAR, "days": ["funday"]}]}, "needs days such as mon"),
        ({"calendar": [{**CALENDAR, "holidays": "maybe"}]}, "holidays open or closed"),
        ({"calendar": [{**CALENDAR, "from": "9am"}]}, "shape of terms.toml"),
        ({"clock": 7}, "shape of terms.toml"),
    ],
)
def test_terms_that_cannot_be_run_are_refused_with_the_place(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadTerms, match=sentence):
        read(**changes)


def test_content_without_terms_is_refused() -> None:
    with pytest.raises(BadTerms, match="'terms' is missing"):
        terms_of({}, zone="Asia/Shanghai")
