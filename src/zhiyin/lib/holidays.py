"""Public holidays and make-up workdays 调休: dated facts in a file, and the honesty to say which years it knows."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from zhiyin.lib.text import Text, both


class HolidayFileInvalid(ValueError):
    """The holiday file cannot be used; the message names the file, the year and what is wrong."""


@dataclass(frozen=True, slots=True)
class Holidays:
    """``years`` are those that the file knows; None means that no year has holidays, so every year is known."""

    closed: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: frozenset[int] | None = frozenset()
    names: Mapping[date, Text] = field(default_factory=dict)

    def knows(self, year: int) -> bool:
        return self.years is None or year in self.years


NO_HOLIDAYS = Holidays(years=None)


@cache
def chinese_holidays() -> Holidays:
    """The statutory holidays of the Chinese mainland that came with this version (``data/cn_calendar.toml``)."""
    path = files("zhiyin.lib") / "data" / "cn_calendar.toml"
    return read_holidays(path.read_text(encoding="utf-8"), origin=path.name)


def read_holidays(text: str, *, origin: str) -> Holidays:
    """Holidays from a file of an operator or of ours. Raises HolidayFileInvalid, naming ``origin``."""
    try:
        years = {int(year): entry["holiday"] for year, entry in tomllib.loads(text)["year"].items()}
        found = [_holiday(year, entry) for year, entries in years.items() for entry in entries]
    except tomllib.TOMLDecodeError as broken:
        raise HolidayFileInvalid(f"{origin}: {broken}") from None
    except (AttributeError, KeyError, TypeError, ValueError) as broken:
        raise HolidayFileInvalid(f"{origin}: a year needs holidays with zh, en, from and to ({broken})") from None
    names = {day: both(zh, en) for days, _, zh, en in found for day in days}
    workdays = frozenset(day for _, work, _, _ in found for day in work)
    both_ways = sorted(workdays & names.keys())
    if both_ways:
        raise HolidayFileInvalid(f"{origin}: {both_ways[0]} is a holiday and a workday at once")
    return Holidays(closed=frozenset(names), workdays=workdays, years=frozenset(years), names=names)


def _holiday(year: int, entry: Mapping[str, Any]) -> tuple[list[date], list[date], str, str]:
    """The days off, the make-up workdays and the two names of one holiday."""
    first, last, work = entry["from"], entry["to"], entry.get("work", [])
    if not all(type(day) is date for day in (first, last, *work)) or not first <= last:
        raise ValueError(f"{entry['en']} in {year} needs days such as {year}-10-01, the first before the last")
    length = (last - first).days + 1
    if length > 31 or year not in (first.year, last.year):
        raise ValueError(f"{entry['en']} does not lie in {year}")
    return [first + timedelta(days=step) for step in range(length)], list(work), str(entry["zh"]), str(entry["en"])
