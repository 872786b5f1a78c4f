"""Answers that allow for clusters and for silence, asked of the engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from zhiyin.ledger.testing import NOW
from zhiyin.metrics import mirror
from zhiyin.metrics.allowing import ask_by_design, ask_weighed
from zhiyin.metrics.engine import ask
from zhiyin.metrics.language import Question, UnknownName
from zhiyin.metrics.testing import forget_rows, happen, visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mirror(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    settings.CATALOGUE = "zhiyin.metrics.testing"
    forget_rows()
    yield
    forget_rows()


def seen(*groups: tuple[str | None, int, int, int]) -> None:
    """Visits by place: how many with a 10, how many with a 0, and how many that are not counted (stayed silent)."""
    rows: list[int] = []
    for place, tens, zeros, silent in groups:
        for number in range(tens + zeros + silent):
            score = 10 if number < tens else 0
            rows.append(visit(len(rows) + 1, score, place=place, is_counted=number < tens + zeros))
    happen(visits=rows)
    mirror.catch_up(now=NOW)


SHARE = Question(measure="visit_share", units=None)


def test_figures_whose_answers_cluster_are_less_sure_than_they_look() -> None:
    seen(("a", 20, 0, 0), ("b", 2, 18, 0), ("c", 18, 2, 0), (None, 3, 2, 0))
    found = ask_by_design(SHARE, cluster="place")
    plain, wide = found.plain.whole, found.answer.whole
    assert (wide.value, wide.n) == (plain.value, 65)
    edges = [wide.low, plain.low, plain.value, plain.high, wide.high]
    assert edges == sorted(set(edges), key=float)
    design = found.designs[()]
    assert design.effect > 3
    assert (design.clusters, design.alone) == (3, 5)  # those without a place are no places
    assert ask(SHARE).whole == plain


def test_within_one_cluster_or_below_the_floor_a_figure_stays_as_it_was() -> None:
    seen(("a", 20, 4, 0), ("b", 1, 1, 0))
    by_place = ask_by_design(Question(measure="visit_share", by=("place",), units=None), cluster="place")
    assert by_place.designs == {}
    assert by_place.answer == by_place.plain
    few = ask_by_design(SHARE, cluster="office", floor=100)
    assert few.answer.whole.is_withheld
    assert few.designs == {}
    count = ask_by_design(Question(measure="visit_count", units=None), cluster="place")
    assert count.answer.whole.value == 26.0


def test_every_group_of_the_answer_has_its_own_design() -> None:
    seen(("a", 20, 4, 0), ("b", 1, 9, 0))
    found = ask_by_design(Question(measure="visit_mean", by=("day",), units=None), cluster="place")
    assert list(found.designs) == [figure.key for figure in found.answer.figures]
    assert ask_by_design(Question(measure="visit_mean", units=frozenset()), cluster="place").designs == {}


def test_those_who_stayed_silent_are_given_their_weight() -> None:
    # Everybody in the hall answered and is content; of the many on the phone only a few said a word, most of it bad.
    seen(("hall", 36, 4, 0), ("phone", 2, 8, 150), ("post", 0, 0, 25))
    (found,) = ask_weighed(SHARE, across="place", population="visit_count").values()
    assert found.result is not None
    assert found.result.raw == pytest.approx(38 / 50)
    assert found.result.adjusted.value == pytest.approx(40 / 200 * 0.9 + 160 / 200 * 0.2)
    assert found.result.adjusted.low < found.result.adjusted.value < found.result.adjusted.high
    assert found.result.weighted.effect > 1.5
    assert found.unheard == ("post",)
    hall, phone = found.heard
    assert (hall.group, hall.people, hall.answered) == ("hall", 40, 40)
    assert (phone.people, phone.answered) == (160, 10)
    assert hall.weight * 40 + phone.weight * 10 == pytest.approx(50)
    assert phone.weight == pytest.approx(4.0)


def test_too_few_answers_are_not_weighed() -> None:
    seen(("hall", 1, 1, 9), ("post", 0, 0, 5))
    (found,) = ask_weighed(SHARE, across="place", population="visit_count").values()
    assert found.result is None
    (nobody,) = ask_weighed(
        Question(measure="visit_share", where=(("place", "post"),), units=None),
        across="place",
        population="visit_count",
    ).values()
    assert (nobody.result, nobody.heard, nobody.unheard) == (None, (), ("post",))


def test_what_cannot_be_cut_that_way_is_said() -> None:
    seen(("hall", 1, 1, 0))
    with pytest.raises(UnknownName):
        ask_by_design(SHARE, cluster="text")
    with pytest.raises(UnknownName):
        ask_weighed(SHARE, across="place", population="note_count")
