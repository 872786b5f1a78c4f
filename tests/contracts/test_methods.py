"""docs/formulas.md, "How sure a figure is": every worked example comes out as it says."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

from zhiyin.lib import intervals
from zhiyin.lib.combining import combined, sensitivity
from zhiyin.lib.control_charts import Baseline, Kind, Period, chart, rate_baseline, value_baseline
from zhiyin.lib.decomposition import Amount, split_change
from zhiyin.lib.differences import pairs
from zhiyin.lib.formula import understand
from zhiyin.lib.intervals import Difference, Estimate, Recommenders, Sample
from zhiyin.lib.relation import Products, Relation, pearson, spearman
from zhiyin.lib.sampling import Cluster, Design, clustered, share_by_design, share_of_population
from zhiyin.lib.shrinkage import Shrinkage, shrink_means, shrink_shares
from zhiyin.lib.signals import confirmed, discoveries
from zhiyin.lib.spread import funnel, share_groups, spread_between
from zhiyin.lib.weighting import cell_weights, weighted_mean

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "formulas.md").read_text("utf-8")
SECTION = TEXT.partition("## How sure a figure is\n")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| `(\w+)` \| `(\{.*\})` \| (.*?) ?\|$", SECTION, re.MULTILINE)


def three(found: Estimate | Difference | Relation | None) -> tuple[float, ...]:
    assert found is not None
    return found.value, found.low, found.high


def clusters_of(clusters: list[list[int]]) -> Design:
    return clustered([Cluster(n, float(hits), float(hits)) for hits, n in clusters])


def composite(formula: str, figures: dict[str, list[float]]) -> tuple[float, ...]:
    parts = {name: Estimate(value, low, high, 30) for name, (value, low, high) in figures.items()}
    result = understand(formula).at({name: part.value for name, part in parts.items()})
    assert result is not None
    return three(combined(result.value, result.slopes, parts))


def moved(weights: dict[str, float], values: dict[str, float], of: str) -> tuple[float, ...]:
    found = sensitivity(weights, values, step=0.05)[of]
    return found.lower, found.higher


def design_effect(clusters: list[list[int]]) -> tuple[float, ...]:
    found = clusters_of(clusters)
    assert found.alike is not None
    return found.effect, found.alike, found.size


def weighted(groups: dict[str, list[int]], people: dict[str, float]) -> tuple[float, ...]:
    samples = {key: Sample.of([1.0] * hits + [0.0] * (n - hits)) for key, (hits, n) in groups.items()}
    found = weighted_mean(samples, cell_weights({key: one.n for key, one in samples.items()}, people))
    return found.value, found.effect


def shrunk(found: Shrinkage, place: int) -> tuple[float, ...]:
    figure = found.figures[place]
    return figure.raw, figure.value, *figure.interval()


def spread(counts: list[tuple[int, int]]) -> tuple[float, ...]:
    found = spread_between(share_groups(counts))
    assert found is not None
    return found.deviation, found.low, found.high, found.chance


def limits(baseline: Baseline, period: Period) -> tuple[float, ...]:
    (point,) = chart([period], baseline).points
    assert point.low is not None
    assert point.high is not None
    return baseline.centre, point.low, point.high


def split(now: dict[str, Any], before: dict[str, Any], of: str) -> tuple[float, ...]:
    found = split_change(*({key: Amount(*pair) for key, pair in groups.items()} for groups in (now, before)))
    assert found is not None
    (one,) = (one for one in found.contributions if one.key == of)
    return one.own, one.mix, found.total


def pairs_of(first: list[float], second: list[float]) -> dict[tuple[float, float], int]:
    return Counter(zip(first, second, strict=True))


METHODS: dict[str, Callable[..., Iterable[float]]] = {
    "share": lambda **counts: three(intervals.share(**counts)),
    "mean": lambda answers: three(intervals.mean(Sample.of(answers))),
    "deviation": lambda answers: three(intervals.deviation(Sample.of(answers))),
    "nps": lambda **groups: three(intervals.nps(Recommenders(**groups))),
    "gap": lambda **sums: three(intervals.mean(pairs(**sums))),
    "composite": composite,
    "sensitivity": moved,
    "share_by_design": lambda clusters: three(share_by_design(clusters_of(clusters))),
    "design_effect": design_effect,
    "share_of_population": lambda **counts: three(share_of_population(**counts)),
    "weighted": weighted,
    "difference_of_shares": lambda **counts: three(intervals.difference_of_shares(**counts)),
    "difference_of_means": lambda answers, before: three(
        intervals.difference_of_means(Sample.of(answers), Sample.of(before))
    ),
    "difference_of_nps": lambda now, before: three(
        intervals.difference_of_nps(Recommenders(*now), Recommenders(*before))
    ),
    "benjamini_hochberg": lambda p, first: [one.adjusted for one in discoveries(p)[:first]],
    "holm": lambda p, first: [one.adjusted for one in confirmed(p)[:first]],
    "shrink_shares": lambda counts, of: shrunk(shrink_shares(counts), of),
    "shrink_means": lambda answers, of: shrunk(shrink_means([Sample.of(one) for one in answers]), of),
    "spread": spread,
    "funnel": lambda n, centre: astuple(funnel([n], centre=centre, answers=centre * (1 - centre))[0])[1:],
    "p_chart": lambda hits, n, centre: limits(Baseline(Kind.SHARES, centre, 1.0, 30), Period(hits, n)),
    "u_chart": lambda events, size: limits(
        rate_baseline([Period(one, size) for one in events]), Period(events[0], size)
    ),
    "xmr_chart": lambda values: limits(value_baseline(values), Period(values[0], 1.0)),
    "split": split,
    "spearman": lambda first, second: three(spearman(pairs_of(first, second))),
    "pearson": lambda first, second: three(pearson(Products.of(pairs_of(first, second)))),
}


def test_every_method_has_its_worked_example_and_nothing_else() -> None:
    assert sorted(name for name, _, _ in ROWS) == sorted(METHODS)


@pytest.mark.parametrize(("name", "given", "result"), ROWS, ids=[name for name, _, _ in ROWS])
def test_a_worked_example_comes_out_as_the_page_says(name: str, given: str, result: str) -> None:
    found = METHODS[name](**json.loads(given))
    assert [float(figure) for figure in result.split(", ")] == pytest.approx(list(found), abs=1.1e-6)
