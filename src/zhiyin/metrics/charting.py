"""Figures over time: which of them are out of the ordinary. Pure."""

from collections.abc import Callable, Collection, Sequence

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
from zhiyin.metrics.comparing import Sums, answers_of
from zhiyin.metrics.language import Figure, Measure, Unit

MISSING = Period(0.0, 0.0)
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
    where the baseline has too little to judge by, and for a measure that is neither a count nor the mean of answers."""
    found = [_period(measure, sums, floor) for sums in periods]
    return _drawn(found, _BASELINES.get(measure.unit, _of_values), baseline, sigmas, rules)


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
    if measure.unit == Unit.COUNT or any(answers_of(measure, sums) for sums in periods if sums):
        return chart(measure, periods, baseline=baseline, floor=floor, sigmas=sigmas, rules=rules)
    values = [
        MISSING if figure is None or figure.value is None or figure.n < floor else Period(figure.value, 1.0)
        for figure in figures
    ]
    return _drawn(values, _of_values, baseline, sigmas, rules)


def _drawn(
    periods: Sequence[Period],
    build: Callable[[Sequence[Period]], Baseline | None],
    baseline: int | Baseline | None,
    sigmas: float,
    rules: Collection[RunRule],
) -> Chart | None:
    if not isinstance(baseline, Baseline):
        first = periods[: max(len(periods) * 2 // 3, 1) if baseline is None else baseline]
        if baseline is None and sum(1 for period in first if period.size) < LEAST:
            return None
        frozen = build(first)
        if frozen is None:
            return None
        baseline = frozen
    return control_chart(periods, baseline, sigmas=sigmas, rules=rules)


def _period(measure: Measure, sums: Sums | None, floor: int) -> Period:
    if sums is None:
        return MISSING
    if measure.unit == Unit.COUNT:
        return Period(sums["n"], 1.0)
    sample = answers_of(measure, sums)
    if sample is None or sample.n < floor:
        return MISSING
    return Period(sums["hits"], sample.n) if measure.unit == Unit.SHARE else Period(sample.mean, 1.0)


def _of_values(periods: Sequence[Period]) -> Baseline | None:
    values = [period.total if period.size else None for period in periods]
    return value_baseline(values) if sum(value is not None for value in values) > 1 else None


def _of_shares(periods: Sequence[Period]) -> Baseline | None:
    return share_baseline(periods) if any(period.size for period in periods) else None


def _of_counts(periods: Sequence[Period]) -> Baseline | None:
    return rate_baseline(periods) if any(period.size for period in periods) else None


_BASELINES = {Unit.SHARE: _of_shares, Unit.COUNT: _of_counts}
