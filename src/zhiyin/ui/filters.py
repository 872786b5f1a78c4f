"""The number filters of templates: ``numerals`` in the reader's language.

``{{ share|percent }}`` 78.6% · ``{{ n|number }}`` 184,206 · ``{{ n|headline }}`` 12.3 万
``{{ difference|points }}`` −1.5 点 · ``{{ nps_difference|points:"nps" }}`` +1.1 · ``{{ yuan|money }}`` 30.00 元
``{{ value|level:unit }}`` 46.2 · ``{{ left|duration }}`` 0:18
"""

from datetime import timedelta

from django.utils.translation import get_language

from zhiyin.ui import numerals, times


def language() -> str:
    """The language this page is written in."""
    return get_language() or "zh-hans"


def number(value: numerals.Number | None, decimals: int = 0) -> str:
    return numerals.plain(value, decimals=decimals)


def headline(value: numerals.Number | None) -> str:
    return numerals.headline(value, language=language())


def percent(share: numerals.Number | None) -> str:
    return numerals.percent(share)


def points(difference: numerals.Number | None, unit: str = "share") -> str:
    return numerals.change(difference, unit=unit, language=language())


def level(value: numerals.Number | None, unit: str = "share") -> str:
    return numerals.level(value, unit=unit)


def unit_sign(unit: str) -> str:
    """What follows a level of this unit: ``%`` or nothing."""
    return numerals.scale_of(unit).level


def money(amount: numerals.Number | None) -> str:
    return numerals.money(amount, language=language())


def duration(length: timedelta | None) -> str:
    return numerals.UNKNOWN if length is None else times.length(length)
