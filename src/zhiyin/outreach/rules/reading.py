"""Reads tables of TOML into values; whatever is wrong is gathered, so that one look mends it all."""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from zhiyin.lib.text import both
from zhiyin.outreach.rules.problems import Problem, shown, unknown_key

REMARKS = frozenset({"source", "why"})  # where a rule comes from: for readers, ignored here in every table
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
LONGEST_NAME = 120

Table = Mapping[str, Any]


class TableReader:
    """Takes values out of tables. Each way returns None when there is a problem, and notes it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, key: str, got: object, zh: str, en: str, *, missing: bool = False) -> None:
        """Note a problem."""
        self.problems.append(Problem(key, None if missing else shown(got), both(zh, en)))

    def known(self, table: Table, path: str, names: set[str]) -> None:
        """Note every key that nobody reads."""
        self.problems += [unknown_key(key, table[key], names, path=path) for key in table if key not in names | REMARKS]

    def table(self, raw: Table, name: str, names: set[str]) -> Table:
        """The table of this name; empty if it is none."""
        table = raw[name]
        if not isinstance(table, dict):
            self.wrong(name, table, f"要写成一节 [{name}]", f"it must be a table, [{name}]")
            return {}
        self.known(table, f"{name}.", names)
        return table

    def tables(self, raw: object, path: str, most: int) -> list[tuple[Table, str]]:
        """The tables of an array, each with its path."""
        if isinstance(raw, list) and 1 <= len(raw) <= most and all(isinstance(one, dict) for one in raw):
            return [(table, f"{path}[{number}]") for number, table in enumerate(raw, 1)]
        zh, en = f"应为 1 到 {most} 节 [[{path}]]", f"write 1 to {most} tables [[{path}]], with double brackets"
        self.wrong(path, raw, zh, en)
        return []

    def whole(self, table: Table, path: str, key: str, most: int, *, unit: str = "") -> int | None:
        """A whole number from 1 on."""
        value = table.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        zh, en = f"应为 1 到 {most} 的整数{unit and '（小时）'}", f"it must be a whole number{unit} from 1 to {most}"
        self.wrong(f"{path}.{key}", value, zh, en, missing=key not in table)
        return None

    def hours(self, table: Table, path: str, key: str, most: int) -> timedelta | None:
        """A length in whole hours."""
        hours = self.whole(table, path, key, most, unit=" of hours")
        return None if hours is None else timedelta(hours=hours)

    def hours_or_off(self, raw: Table, name: str, key: str, most: int) -> timedelta | None:
        """A length in hours, or ``off = true``: a rule goes only when somebody says so."""
        table = self.table(raw, name, {key, "off"})
        if "off" not in table:
            return self.hours(table, name, key, most) if isinstance(raw[name], dict) else None
        if table["off"] is not True or key in table:
            self.wrong(
                f"{name}.off", table["off"],
                f"只能写 off = true，并且不再写 {key}", f"it can only be true, and then without {key}",
            )  # fmt: skip
        return None

    def length(self, table: Table, path: str, units: Mapping[str, int]) -> timedelta | None:
        """A length in one of these units, the first being the usual one; each with its most."""
        given = [unit for unit in units if unit in table]
        if len(given) > 1:
            zh, en = " 和 ".join(given) + " 只写一个", "give " + " or ".join(given) + ", not both"
            self.wrong(f"{path}.{given[-1]}", table[given[-1]], zh, en)
            return None
        unit = given[0] if given else next(iter(units))
        spelt = " of hours" if unit == "hours" else ""
        value = self.whole(table, path, unit, units[unit], unit=spelt)
        return None if value is None else timedelta(**{unit: value})

    def number(self, table: Table, path: str, key: str, most: Decimal, *, example: str) -> Decimal | None:
        """A number above 0."""
        value = table.get(key)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            number = Decimal(value)
            if number.is_finite() and 0 < number <= most and len(f"{number:f}") <= 20:
                return number
        zh = f"应为大于 0、不超过 {most} 的数，如 {example}"
        en = f"it must be a number above 0 and at most {most}, such as {example}"
        self.wrong(f"{path}.{key}", value, zh, en, missing=value is None)
        return None

    def name(self, table: Table, path: str, key: str) -> str | None:
        """A name; empty where the key is left out."""
        value = table.get(key, "")
        if key not in table or is_name(value):
            return str(value)
        self.wrong(f"{path}.{key}", value, "应为带引号的名称", "it must be a name in quotes")
        return None

    def choice(self, table: Table, path: str, key: str, values: tuple[str, ...]) -> str | None:
        """One of these texts."""
        value = table.get(key)
        if isinstance(value, str) and value in values:
            return value
        listed = ", ".join(f'"{one}"' for one in values)
        zh, en = f"应为其中之一：{listed}", f"it must be one of {listed}"
        self.wrong(f"{path}.{key}", value, zh, en, missing=key not in table)
        return None

    def minute(self, table: Table, path: str, key: str) -> int | None:
        """A time of day, as minutes."""
        value = table.get(key)
        if isinstance(value, str) and CLOCK.fullmatch(value):
            return int(value[:2]) * 60 + int(value[3:])
        zh, en = '应为带引号的时刻 "00:00" 到 "24:00"', 'it must be a time in quotes, "00:00" to "24:00"'
        self.wrong(f"{path}.{key}", value, zh, en, missing=key not in table)
        return None


def is_name(value: object) -> bool:
    """A text that a list or a file may name something by."""
    return (
        isinstance(value, str)
        and 1 <= len(value) <= LONGEST_NAME
        and value.isprintable()
        and value == value.strip()
        and not value.isspace()
    )
