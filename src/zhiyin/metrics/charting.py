"""Figures over time: which of them are out of the ordinary. Pure."""

from collections.abc import Collection, Sequence

from zhiyin.lib.control_charts import (
    SIGMAS,
    Baseline,
    Chart,
    Period,
    rate_baseline,
    share_baseline,
    value_baseline,
)
from zhiyin.lib.control_charts import chart as control_chart
from zhiyin.lib.run_rules import NELSON_FIRST_FOUR, RunRule
from zhiyin.metrics.comparing import Sums, sample_of
from zhiyin.metrics.language import Figure, Measure, Unit

LEAST = 5  # periods that a baseline rests on where nobody says how many: fewer say nothing about what is ordinary


def chart(
    measure: Measure,
    periods: Sequence[Sums | None],
    *,
    baseline: int | Baseline | None = None,
    floor: int = 1,
    sigmas: float = SIGMAS,
    rules: Collection[RunRule] = NELSON_FIRST_FOUR,
) -> Chart | None:
    """A control chart of consecutive periods: p for shares (p' where they scatter more than counting makes them), XmR
    for means and NPS, u for counts. None, and a period below ``floor`` answers, is missing: it has no point and breaks
    runs. ``baseline`` is how many first periods are frozen as such (None: two thirds), or one kept from before. None
    where the baseline has too little to judge by."""
    counted = measure.unit == Unit.COUNT
    found = [_period(measure, sums, floor, counted) for sums in periods]
    if not isinstance(baseline, Baseline):
        first = found[: max(len(found) * 2 // 3, 1) if baseline is None else baseline]
        if baseline is None and sum(1 for period in first if period.size) < LEAST:
            return None
        frozen = _baseline(measure, first)
        if frozen is None:
            return None
        baseline = frozen
    return control_chart(found, baseline, sigmas=sigmas, rules=rules)


def chart_figures(
    measure: Measure,
    figures: Sequence[Figure | None],
    *,
    baseline: int | Baseline | None = None,
    floor: int = 1,
    sigmas: float = SIGMAS,
    rules: Collection[RunRule] = NELSON_FIRST_FOUR,
) -> Chart | None:
    """The same for any measure, composites too: where a figure's sums are of no kind that ``chart`` knows, its values
    make an XmR chart. A figure that is withheld is missing."""
    periods = [None if figure is None else figure.sums for figure in figures]
    if measure.unit not in (Unit.SHARE, Unit.COUNT) and not any(sample_of(sums) for sums in periods if sums):
        periods = [
            None if figure is None or figure.value is None or figure.n < floor else _lone(figure.value)
            for figure in figures
        ]
        floor = 1
    return chart(measure, periods, baseline=baseline, floor=floor, sigmas=sigmas, rules=rules)


def _lone(value: float) -> Sums:
    """A figure without answers of its own, as the mean of a single one."""
    return {"n": 1.0, "total": value, "squares": value * value}


def _period(measure: Measure, sums: Sums | None, floor: int, counted: bool) -> Period:
    missing = Period(0.0, 0.0)
    if sums is None:
        return missing
    if counted:
        return Period(sums["n"], 1.0)
    sample = sample_of(sums)
    if sample is None or sample.n < floor:
        return missing
    return Period(sums["hits"], sample.n) if measure.unit == Unit.SHARE else Period(sample.mean, 1.0)


def _baseline(measure: Measure, periods: Sequence[Period]) -> Baseline | None:
    known = [period for period in periods if period.size]
    if measure.unit in (Unit.SHARE, Unit.COUNT):
        build = share_baseline if measure.unit == Unit.SHARE else rate_baseline
        return build(periods) if known else None
    return value_baseline([period.total if period.size else None for period in periods]) if len(known) > 1 else None
