"""Control charts against Montgomery, the NIST handbook and their own laws."""

import csv
import json
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.control_charts import (
    Baseline,
    Kind,
    Period,
    chart,
    rate_baseline,
    share_baseline,
    value_baseline,
)
from zhiyin.lib.run_rules import RunRule
from zhiyin.lib.tests.test_intervals import SHARED

# Montgomery, Introduction to Statistical Quality Control, u-chart example: nonconformities on 20 samples of 5
# computers; centre 1.93, limits 0.07 and 3.79.
COMPUTERS = [10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5]
# NIST/SEMATECH e-Handbook 6.3.2.2, individuals control limits: centre 50.81, limits 45.8159 and 55.8041.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def test_the_published_u_chart() -> None:
    periods = [Period(float(count), 5.0) for count in COMPUTERS]
    found = chart(periods, rate_baseline(periods, widen=False))
    assert found.baseline == Baseline(Kind.RATES, pytest.approx(1.93), 1.0, 20)
    assert (found.points[0].low, found.points[0].high) == pytest.approx((0.07, 3.79), abs=0.005)
    assert not any(point.signals for point in found.points)


def test_the_published_chart_of_individuals() -> None:
    baseline = value_baseline(FLOW)
    assert baseline.centre == pytest.approx(50.81)
    found = chart([Period(value, 1.0) for value in FLOW], baseline)
    assert (found.points[0].low, found.points[0].high) == pytest.approx((45.8159, 55.8041), abs=5e-5)
    assert not any(point.is_out for point in found.points)


@pytest.mark.real_data
def test_the_published_p_chart_and_its_frozen_baseline() -> None:
    path = SHARED / "golden_dev.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not here; ZHIYIN_SHARED_DATA names its folder.")
    golden = json.loads(path.read_text("utf-8"))["p_chart_orangejuice"]
    with (SHARED / "spc_orangejuice.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    trial = [Period(float(row["D"]), float(row["size"])) for row in rows if row["trial"].upper() == "TRUE"]
    later = [Period(float(row["D"]), float(row["size"])) for row in rows if row["trial"].upper() != "TRUE"]
    baseline = share_baseline(trial, widen=False)
    found = chart(trial, baseline)
    assert baseline.centre == pytest.approx(golden["center"], abs=1e-8)
    assert found.points[0].low == pytest.approx(golden["lcl"], abs=1e-8)
    assert found.points[0].high == pytest.approx(golden["ucl"], abs=1e-8)
    out = [place for place, point in enumerate(found.points, start=1) if point.is_out]
    assert out == golden["out_of_control"]
    # After the trial the process had been mended: the frozen centre sees a long run below itself, which a centre
    # computed anew would hide.
    signals = {rule for point in chart([*trial, *later], baseline).points for rule in point.signals}
    assert RunRule.NINE_ON_ONE_SIDE in signals
    mended = chart(later, baseline).points
    assert sum(RunRule.NINE_ON_ONE_SIDE in point.signals for point in mended) >= 10


def test_shares_over_large_numbers_that_scatter_more_than_counting_get_wider_limits() -> None:
    # Weeks of 10,000 answers whose true share wanders by two points: a plain p-chart would cry every week.
    shares = [0.78, 0.80, 0.82, 0.79, 0.81, 0.77, 0.80, 0.83, 0.79, 0.81]
    periods = [Period(10_000 * share, 10_000.0) for share in shares]
    plain, wide = share_baseline(periods, widen=False), share_baseline(periods)
    assert plain.scatter == 1.0
    # Laney: the mean moving range of the z-scores over 1.128.
    error = sqrt(0.8 * 0.2 / 10_000)
    ranges = [abs(b - a) / error for a, b in zip(shares, shares[1:], strict=False)]
    assert wide.scatter == pytest.approx(sum(ranges) / 9 / 1.128)
    assert sum(point.is_out for point in chart(periods, plain).points) == 4
    assert not any(point.is_out for point in chart(periods, wide).points)


def test_shares_that_scatter_like_counting_keep_the_plain_limits() -> None:
    hits = [16, 14, 18, 17, 15, 16, 13, 17, 16, 15]
    assert share_baseline([Period(float(one), 20.0) for one in hits]).scatter == 1.0
    # Too few periods say nothing about their own scatter; asked for, p' is given all the same.
    wild = [Period(90.0, 100.0), Period(10.0, 100.0)]
    assert share_baseline(wild).scatter == 1.0
    assert share_baseline(wild, widen=True).scatter > 1.0
    assert share_baseline([Period(9.0, 10.0)], widen=True).scatter == 1.0


def test_a_baseline_that_drifts_gets_no_narrower_limits() -> None:
    drifting = [Period(10_000 * (0.70 + 0.002 * week), 10_000.0) for week in range(40)]
    baseline = share_baseline(drifting)
    assert baseline.scatter == 1.0
    assert any(point.signals for point in chart(drifting, baseline).points)


def test_a_missing_period_stays_missing() -> None:
    periods = [Period(8.0, 10.0), Period(0.0, 0.0), Period(7.0, 10.0)]
    found = chart(periods, share_baseline(periods))
    gap = found.points[1]
    assert (gap.value, gap.low, gap.high, gap.signals) == (None, None, None, ())
    assert found.baseline.periods == 2
    # No moving range reaches across a gap.
    assert value_baseline([1.0, None, 9.0]).scatter == 0.0
    assert value_baseline([1.0, 3.0, None, 9.0, 11.0]).scatter == pytest.approx(2 / 1.128)


def test_a_zero_is_no_gap() -> None:
    periods = [Period(5.0, 10.0), Period(0.0, 10.0)]
    assert chart(periods, share_baseline(periods)).points[1].value == 0.0


def test_where_everything_is_the_same_anything_else_is_out() -> None:
    baseline = share_baseline([Period(10.0, 10.0)] * 9)
    points = chart([Period(10.0, 10.0), Period(9.0, 10.0)], baseline).points
    assert [point.is_out for point in points] == [False, True]
    flat = value_baseline([5.0, 5.0])
    assert [point.is_out for point in chart([Period(v, 1.0) for v in (5.0, 6.0)], flat).points] == [False, True]


def test_a_chart_needs_a_baseline() -> None:
    with pytest.raises(ValueError, match="baseline"):
        share_baseline([Period(0.0, 0.0)])
    with pytest.raises(ValueError, match="at least two"):
        value_baseline([5.0, None])


_periods = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: Period(float(min(pair)), float(max(pair)))),
    min_size=1,
    max_size=30,
).filter(lambda periods: any(period.size for period in periods))


@given(_periods, st.booleans())
def test_limits_enclose_the_centre_and_stay_on_the_scale(periods: list[Period], widen: bool) -> None:
    for build, top in ((share_baseline, 1.0), (rate_baseline, float("inf"))):
        baseline = build(periods, widen=widen)
        for point, period in zip(chart(periods, baseline).points, periods, strict=True):
            if not period.size:
                assert point.value is None
                continue
            assert point.value is not None
            assert point.low is not None
            assert point.high is not None
            assert 0 <= point.low <= baseline.centre + 1e-12
            assert baseline.centre - 1e-12 <= point.high <= top
            if not widen and baseline.centre not in (0.0, 1.0) and abs(point.value - point.low) > 1e-9:
                assert point.is_out == (point.value < point.low or point.value > point.high + 1e-12)
