from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.ui import numerals

ZH, EN = "zh-hans", "en"


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (0, 0, "0"),
        (14286, 0, "14,286"),
        (184206, 0, "184,206"),
        (-5, 0, "−5"),
        (-0.04, 1, "0.0"),  # never a minus before a zero
        (2.25, 1, "2.3"),  # a half rounds away from zero, as by hand
        (-2.25, 1, "−2.3"),
        (1.005, 2, "1.01"),  # although the float is a little less
        (Decimal("30"), 2, "30.00"),
        (None, 0, "—"),
        (float("nan"), 1, "—"),
        (float("inf"), 1, "—"),
        ("", 1, "—"),  # what a template passes for a name it does not know
    ],
)
def test_a_level_is_grouped_and_what_is_unknown_is_a_dash(value, decimals, written):
    assert numerals.plain(value, decimals=decimals) == written


@pytest.mark.parametrize(("value", "written"), [(1.1, "+1.1"), (-1.5, "−1.5"), (0, "0.0"), (0.04, "0.0"), (None, "—")])
def test_a_difference_has_a_sign_unless_it_rounds_to_zero(value, written):
    assert numerals.signed(value) == written


@pytest.mark.parametrize(("share", "written"), [(0.786, "78.6%"), (1, "100.0%"), (0, "0.0%"), (None, "—")])
def test_a_share_is_written_in_per_cent(share, written):
    assert numerals.percent(share) == written


@pytest.mark.parametrize(
    ("value", "unit", "chinese", "english"),
    [
        (-0.015, "share", "−1.5 点", "−1.5 pp"),
        (0.064, "share", "+6.4 点", "+6.4 pp"),
        (0.0, "share", "0.0 点", "0.0 pp"),
        (1.1, "nps", "+1.1", "+1.1"),
        (None, "share", "—", "—"),
    ],
)
def test_a_change_is_in_points_and_never_in_per_cent(value, unit, chinese, english):
    assert numerals.change(value, unit=unit, language=ZH) == chinese
    assert numerals.change(value, unit=unit, language=EN) == english


@pytest.mark.parametrize(("language", "written"), [(ZH, "−1.5 点（−2.4 ~ −0.6）"), (EN, "−1.5 pp (−2.4 to −0.6)")])
def test_a_change_brings_its_own_interval(language, written):
    assert numerals.change_with_interval(-0.015, -0.024, -0.006, language=language) == written


def test_a_change_without_an_interval_stands_alone():
    assert numerals.change_with_interval(-0.015, None, -0.006, language=ZH) == "−1.5 点"


@pytest.mark.parametrize(
    ("low", "high", "unit", "chinese", "english"),
    [
        (0.779, 0.793, "share", "77.9–79.3", "77.9–79.3"),
        (-2.0, 4.4, "nps", "−2.0 ~ 4.4", "−2.0 to 4.4"),
        (8.312, 8.4, "mean", "8.31–8.40", "8.31–8.40"),
        (None, 0.5, "share", "—", "—"),
    ],
)
def test_an_interval_never_loses_a_minus_in_its_dash(low, high, unit, chinese, english):
    assert numerals.interval(low, high, unit=unit, language=ZH) == chinese
    assert numerals.interval(low, high, unit=unit, language=EN) == english


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (99_999, "99,999", "99,999"),
        (100_000, "10.0 万", "100.0K"),
        (123_400, "12.3 万", "123.4K"),
        (1_234_567, "123.5 万", "1.2M"),
        (123_456_789, "1.2 亿", "123.5M"),
        (-123_400, "−12.3 万", "−123.4K"),
        (None, "—", "—"),
    ],
)
def test_a_headline_is_shortened_from_a_hundred_thousand_on(value, chinese, english):
    assert numerals.headline(value, language=ZH) == chinese
    assert numerals.headline(value, language=EN) == english


def test_money_has_fen():
    assert numerals.money(30, language=ZH) == "30.00 元"
    assert numerals.money(Decimal("1234.5"), language=EN) == "¥1,234.50"
    assert numerals.money(None, language=ZH) == "—"


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (timedelta(minutes=18, seconds=59), "0:18"),
        (timedelta(hours=3, minutes=5), "3:05"),
        (timedelta(hours=-26), "26:00"),
    ],
)
def test_a_length_is_hours_and_minutes(length, written):
    assert numerals.hours_and_minutes(length) == written


def test_an_unknown_unit_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="Unknown unit 'percent'. Use one of: share, nps"):
        numerals.level(1, unit="percent")


@given(st.floats(min_value=-1e6, max_value=1e6))
def test_what_is_written_reads_back_within_half_a_last_digit(value):
    read = float(numerals.plain(value, decimals=1).replace(",", "").replace("−", "-"))
    assert abs(read - value) <= 0.05 + 1e-9
