"""Telephone numbers against the catalogue (RELIABILITY A50-A55, I39, I40)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.faults import Fault
from zhiyin.lib.phones import Phone, PhoneKind, normalise

MOBILE = Phone(PhoneKind.MOBILE, "+8613800138000", "13800138000")


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        pytest.param("１３８００１３８０００", id="A50"),
        pytest.param("+86 138-0013-8000", id="A51"),
        "0086 138 0013 8000",
        "8613800138000",
        "(+86)138.0013.8000",
        "013800138000",
        "+86－138－0013－8000",
        "\u202a13800138000\u202c",
        "138\u30000013\u00a08000",
    ],
)
def test_one_mobile_however_it_is_written(written: str) -> None:
    assert normalise(written) == MOBILE


@pytest.mark.parametrize(
    ("written", "kind", "e164", "national"),
    [
        pytest.param("010-12345678", PhoneKind.LANDLINE, "+861012345678", "01012345678", id="A54"),
        pytest.param("（0571）8765 4321", PhoneKind.LANDLINE, "+8657187654321", "057187654321", id="A54-brackets"),
        pytest.param("+86 10 6552 9988", PhoneKind.LANDLINE, "+861065529988", "01065529988", id="A54-86"),
        pytest.param("010-65529988转8001", PhoneKind.LANDLINE, "+861065529988", "01065529988", id="A54-extension"),
        pytest.param("400-800-1234", PhoneKind.LANDLINE, "+864008001234", "4008001234", id="A54-400"),
        pytest.param("+1 415 555 2671", PhoneKind.FOREIGN, "+14155552671", "4155552671", id="A55"),
        pytest.param("0014155552671", PhoneKind.FOREIGN, "+14155552671", "4155552671", id="A55-00"),
        pytest.param("+852 9123 4567", PhoneKind.FOREIGN, "+85291234567", "91234567", id="A55-hongkong"),
    ],
)
def test_other_numbers_are_kept_and_say_what_they_are(written: str, kind: PhoneKind, e164: str, national: str) -> None:
    assert normalise(written) == Phone(kind, e164, national)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        pytest.param("1380013800", "phone_length", id="A52"),
        pytest.param("138001380001", "phone_length", id="A52-twelve"),
        pytest.param("13800138000/13900139000", "phone_length", id="two-numbers"),
        pytest.param("138O0138000", "phone_letters", id="A53"),
        pytest.param("无", "phone_letters", id="A53-word"),
        pytest.param("62345678", "phone_area_code", id="no-area-code"),
        pytest.param("1.38E+10", "phone_digits_lost", id="I39"),
        pytest.param("1012345678", "phone_leading_zero", id="I40"),
        pytest.param("75512345678", "phone_leading_zero", id="I40-eleven-digits"),
        pytest.param("12345678901", "phone_invalid", id="no-such-range"),
        pytest.param("+999 123", "phone_invalid", id="no-such-country"),
        pytest.param("+1 12", "phone_invalid", id="too-short-abroad"),
        pytest.param("10086", "phone_invalid", id="service-number"),
        pytest.param("+", "phone_invalid", id="only-a-sign"),
        pytest.param("1" * 41, "phone_invalid", id="endless"),
    ],
)
def test_what_is_no_number_is_told_why(written: str, code: str) -> None:
    found = normalise(written)
    assert isinstance(found, Fault)
    assert found.code == code


@given(st.text(max_size=30) | st.text("0123456789+- ()转", max_size=20))
def test_whatever_is_written_the_answer_is_a_phone_or_a_fault(written: str) -> None:
    found = normalise(written)
    if isinstance(found, Phone):
        assert found.e164.startswith("+")
        assert found.e164[1:].isdigit()
        assert found.national.isdigit()
        assert normalise(found.e164) == found
