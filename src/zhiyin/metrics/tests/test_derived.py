"""Figures made of figures: shares of one whole, spreads, composites, and what people may define themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from zhiyin.ledger.queries import events
from zhiyin.ledger.testing import NOW, Somebody
from zhiyin.lib import intervals
from zhiyin.lib.faults import Unclean
from zhiyin.lib.spread import share_groups, spread_between
from zhiyin.lib.text import both
from zhiyin.metrics import composites, engine, mirror
from zhiyin.metrics import testing as catalogue
from zhiyin.metrics.composites import Composite, as_measure, sensitivity
from zhiyin.metrics.engine import ask
from zhiyin.metrics.estimates import share_of, spread_of
from zhiyin.metrics.language import Answer, Figure, Measure, Method, Question, Unit, UnknownName
from zhiyin.metrics.testing import forget_rows, happen, visit

pytestmark = pytest.mark.django_db
WORDS: dict[str, Any] = {"name": both("某", "some"), "definition": both("某", "some"), "formula": "some"}
PART = Measure(
    key="place_share",
    unit=Unit.SHARE,
    fact="visits",
    at="at",
    sums={"n": lambda rows: 1, "hits": lambda rows: 1},
    estimate=share_of,
    across=frozenset({"place"}),
    **WORDS,
)
SPREAD = Measure(
    key="spread",
    unit=Unit.SHARE,
    fact="visits",
    at="at",
    sums={},
    estimate=spread_of,
    over="place",
    of="visit_share",
    **WORDS,
)
INDEX = Composite(
    key="index",
    name=both("指数", "Index"),
    definition=both("指数", "Index"),
    formula="most * visit_share * 100 + rest * visit_mean * 10",
    weights={"most": 0.7, "rest": 0.3},
)


@pytest.fixture(autouse=True)
def _mirror(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    settings.CATALOGUE = "zhiyin.metrics.testing"
    known = {**catalogue.MEASURES, "place_share": PART, "spread": SPREAD, "index": as_measure(INDEX)}
    monkeypatch.setattr(catalogue, "MEASURES", known)
    forget_rows()
    yield
    forget_rows()


@pytest.fixture
def rows() -> None:
    """Two offices; in the hall nine of ten are content, by phone five of ten."""
    number = 0
    for place, content in (("hall", 9), ("phone", 5)):
        for unit in (1, 2):
            for step in range(10):
                number += 1
                visit(number, 10 if step < content else 3, place=place, unit=unit)
    for step in range(5):
        visit(100 + step, 10, place="desk", unit=2)
    happen(visits=[*range(1, number + 1), *range(100, 105)])
    mirror.catch_up(now=NOW)


def asked(measure: str, *, floor: int = 1, **question: Any) -> Answer:
    return ask(Question(measure=measure, **{"units": None, **question}), floor=floor)


def values(answer: Answer) -> dict[Any, float | None]:
    return {key: figure.value for key, figure in answer.by_key().items()}


@pytest.mark.usefixtures("rows")
class TestSharesOfAWhole:
    def test_the_parts_add_up_to_one_and_each_is_of_all(self) -> None:
        found = asked("place_share", by=("place",))
        assert values(found) == pytest.approx({"hall": 20 / 45, "phone": 20 / 45, "desk": 5 / 45})
        assert {figure.n for figure in found.figures} == {45}
        known = intervals.share(hits=5, n=45)
        assert (found.by_key()["desk"].low, found.by_key()["desk"].high) == (known.low, known.high)

    def test_beside_another_dimension_each_of_its_groups_is_a_whole(self) -> None:
        found = values(asked("place_share", by=("office", "place")))
        assert found == pytest.approx(
            {(1, "hall"): 0.5, (1, "phone"): 0.5, (2, "hall"): 0.4, (2, "phone"): 0.4, (2, "desk"): 0.2}
        )

    def test_a_filter_by_the_part_chooses_what_is_counted_and_keeps_the_whole(self) -> None:
        assert asked("place_share", where=(("place", "desk"),)).whole.value == pytest.approx(5 / 45)
        both_places = asked("place_share", where=(("place", "desk"), ("place", "hall"))).whole
        assert (both_places.value, both_places.n) == (pytest.approx(25 / 45), 45)

    def test_a_group_in_which_the_part_does_not_happen_is_zero_and_not_absent(self) -> None:
        assert values(asked("place_share", by=("office",), where=(("place", "desk"),))) == {1: 0.0, 2: 0.2}

    def test_any_other_filter_cuts_the_whole_too(self) -> None:
        assert values(asked("place_share", by=("place",), where=(("office", "1"),))) == {"hall": 0.5, "phone": 0.5}

    def test_what_is_always_cut_by_need_not_be_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known = {**catalogue.MEASURES, "place_share": replace(PART, always_by=("place",))}
        monkeypatch.setattr(catalogue, "MEASURES", known)
        found = asked("place_share", by=("office",))
        assert found.question.by == ("office", "place")
        assert values(found)[2, "desk"] == pytest.approx(0.2)

    def test_a_small_whole_is_withheld(self) -> None:
        assert asked("place_share", by=("place",), where=(("office", "1"),), floor=21).figures[0].is_withheld

    def test_another_branch_is_no_part_of_the_whole(self) -> None:
        found = asked("place_share", by=("place",), units=frozenset({1}))
        assert values(found) == {"hall": 0.5, "phone": 0.5}
        assert asked("place_share", by=("place",), units=frozenset()).figures == []


@pytest.mark.usefixtures("rows")
class TestSpreads:
    def test_between_the_groups_chance_taken_out(self) -> None:
        found = asked("spread").whole
        known = spread_between(share_groups([(5, 5), (18, 20), (10, 20)]))
        assert known is not None
        assert known.deviation > 0
        assert (found.value, found.low, found.high) == pytest.approx((known.deviation, known.low, min(known.high, 0.5)))
        assert found.n == 45

    def test_by_another_dimension(self) -> None:
        assert set(values(asked("spread", by=("office",)))) == {1, 2}

    def test_not_by_the_dimension_that_it_goes_over(self) -> None:
        with pytest.raises(UnknownName):
            asked("spread", by=("place",))

    def test_one_group_alone_has_none(self) -> None:
        assert asked("spread", where=(("place", "desk"),)).whole.value is None

    def test_a_group_nobody_knows_the_name_of_is_left_out(self) -> None:
        for step in range(10):
            visit(200 + step, 3, place=None, unit=1)
        happen(visits=list(range(200, 210)))
        mirror.catch_up(now=NOW)
        assert asked("spread").whole.n == 45


@pytest.mark.usefixtures("rows")
class TestComposites:
    def test_the_formula_over_its_parts(self) -> None:
        share, mean = asked("visit_share").whole, asked("visit_mean").whole
        found = asked("index").whole
        assert share.value is not None
        assert mean.value is not None
        assert found.value == pytest.approx(0.7 * share.value * 100 + 0.3 * mean.value * 10)
        assert found.n == min(share.n, mean.n)
        assert (found.low or 0) < (found.value or 0) < (found.high or 0)

    def test_the_interval_is_as_wide_as_parts_that_go_together_make_it(self) -> None:
        share, mean, found = (asked(key).whole for key in ("visit_share", "visit_mean", "index"))
        half = 70 * ((share.high or 0) - (share.low or 0)) / 2 + 3 * ((mean.high or 0) - (mean.low or 0)) / 2
        assert ((found.high or 0) - (found.low or 0)) / 2 == pytest.approx(half, rel=0.02)

    def test_by_groups_and_scope_like_any_other(self) -> None:
        assert set(values(asked("index", by=("place",)))) == {"hall", "phone", "desk"}
        assert asked("index", units=frozenset()).figures == []
        alone = asked("index", units=frozenset({1})).whole
        assert alone.n == 20

    def test_a_missing_part_makes_it_not_measurable(self) -> None:
        visit(300, None, place="void")
        happen(visits=[300])
        mirror.catch_up(now=NOW)
        assert asked("index", where=(("place", "void"),)).whole.value is None

    def test_it_is_cut_by_what_all_its_parts_can_be_cut_by(self) -> None:
        assert engine.facts_of(as_measure(INDEX)) == {"visits"}
        with pytest.raises(UnknownName):
            asked("index", by=("text",))

    def test_weights_are_spelled_out_in_its_formula(self) -> None:
        assert as_measure(INDEX).formula == "0.7 * visit_share * 100 + 0.3 * visit_mean * 10"
        assert as_measure(INDEX).method is Method.WIDEST

    def test_how_far_it_hangs_on_each_weight(self) -> None:
        parts = {"visit_share": figure(0.8), "visit_mean": figure(6.0)}
        found = {one.weight: one for one in sensitivity(INDEX, parts, step=0.1)}
        assert found["most"].lower == pytest.approx(0.6 * 80 + 0.4 * 60)
        assert found["most"].higher == pytest.approx(0.8 * 80 + 0.2 * 60)
        assert found["rest"].lower == pytest.approx(found["most"].higher)


def figure(value: float) -> Figure:
    return Figure((), 50, value, value - 0.1, value + 0.1)


class TestDefining:
    def given(self, **changes: Any) -> Composite:
        return replace(INDEX, key="mine", **changes)

    def defined(self, **changes: Any) -> Composite:
        known: Mapping[str, Measure] = catalogue.MEASURES
        return composites.define(self.given(**changes), measures=known, by=Somebody(), now=NOW)

    def test_each_change_is_a_version_and_the_same_again_is_none(self) -> None:
        assert self.defined().number == 1
        assert self.defined().number == 1
        assert self.defined(weights={"most": 0.6, "rest": 0.4}).number == 2
        assert [one.number for one in composites.versions("mine")] == [2, 1]
        assert composites.in_force()["mine"].weights == {"most": 0.6, "rest": 0.4}
        kinds = [event.kind for event in events(kind="metrics.composite_defined", limit=10)]
        assert len(kinds) == 2

    def test_one_that_is_retired_is_there_no_more_and_its_versions_stay(self) -> None:
        self.defined()
        self.defined(is_retired=True)
        assert "mine" not in composites.in_force()
        assert len(composites.versions("mine")) == 2

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"formula": "visit_share +"}, "formula_invalid", "formula"),
            ({"formula": "most * rest * nothing"}, "formula_invalid", "formula"),
            ({"formula": "__import__('os')"}, "formula_invalid", "formula"),
            ({"formula": "most * rest"}, "composite_invalid", "formula"),
            ({"weights": {"most": 0.7, "rest": 0.2, "more": 0.1}}, "composite_invalid", "weights"),
            ({"weights": {"most": float("nan"), "rest": 0.2}}, "composite_invalid", "weights"),
            ({"weights": {"visit_mean": 0.7, "rest": 0.2}}, "composite_invalid", "weights"),
            ({"formula": "most * rest * visit_count"}, "formula_invalid", "formula"),  # a mere count
            ({"formula": "most * rest * mine"}, "formula_invalid", "formula"),
        ],
    )
    def test_what_cannot_be_reckoned_is_refused_with_the_place(
        self, changes: dict[str, Any], code: str, field: str
    ) -> None:
        with pytest.raises(Unclean) as refused:
            self.defined(**changes)
        assert {(one.code, one.field) for one in refused.value.faults} == {(code, field)}
        assert composites.versions("mine") == []

    @pytest.mark.parametrize("key", ["visit_share", "Mine", "min", "1st", ""])
    def test_a_key_that_is_taken_or_is_none_is_refused(self, key: str) -> None:
        with pytest.raises(Unclean):
            composites.define(replace(INDEX, key=key), measures=catalogue.MEASURES, by=Somebody(), now=NOW)

    def test_no_composite_is_made_of_itself_through_another(self) -> None:
        outer = replace(INDEX, key="outer", formula="index", weights={})
        known = {**catalogue.MEASURES, "outer": as_measure(outer)}
        with pytest.raises(Unclean) as refused:
            composites.define(replace(INDEX, formula="outer", weights={}), measures=known, by=Somebody(), now=NOW)
        assert refused.value.faults[0].code == "composite_invalid"
