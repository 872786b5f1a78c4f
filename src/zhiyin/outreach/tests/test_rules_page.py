"""docs/fatigue.md is the truth: every worked case, every order, every range on the page is checked against the code."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from zhiyin.outreach.rules import (
    DEFAULT,
    REASONS,
    Contact,
    Facts,
    Kind,
    PolicyInvalid,
    Scope,
    State,
    decide,
    is_drawn,
    next_send_at,
    parse_policy,
)
from zhiyin.outreach.rules.checks import CHECKS

PAGE = (Path(__file__).parents[4] / "docs" / "fatigue.md").read_text(encoding="utf-8")
SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENT = re.compile(r"(\d\d)-(\d\d) (\d\d):(\d\d)( \+ 1 µs)?( of 2027)?")


def rows(first_column: str) -> list[list[str]]:
    """The rows of the table whose header begins like this."""
    lines = PAGE.split(f"| {first_column} |", 1)[1].splitlines()[2:]
    table = takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def moment(text: str) -> datetime:
    found = MOMENT.match(text)
    assert found, text
    month, day, hour, minute = (int(part) for part in found.groups()[:4])
    year = 2027 if found[6] else 2026
    return datetime(year, month, day, hour, minute, 0, 1 if found[5] else 0, tzinfo=SHANGHAI)


def contact(text: str) -> Contact:
    kind = Kind.CARE if "care" in text else Kind.SURVEY
    state = State.QUEUED if "queued" in text else State.SENT
    return Contact(moment(text), "repair" if "repair" in text else "hotline", kind=kind, state=state)


@pytest.mark.parametrize("row", rows("asked about"), ids=lambda row: " ; ".join(row[:3]))
def test_worked_case(row: list[str]) -> None:
    scenario, before, now, decision, again = row
    history = [] if before == "–" else [contact(each) for each in before.split(", ")]
    got = decide(facts=Facts(scenario), history=history, policy=DEFAULT, now=moment(now))
    assert (got.reason or "invite") == decision
    assert got.next_allowed_at == (None if again == "–" else moment(again))


@pytest.mark.parametrize("row", rows("hours"), ids=lambda row: " ; ".join(row))
def test_leaving(row: list[str]) -> None:
    hours, zone, now, leaves = row
    opens, closes = hours.split("–")
    policy = parse_policy(f'[sending_hours]\nfrom = "{opens}"\nto = "{closes}"')
    got = next_send_at(now=datetime.fromisoformat(now), policy=policy, tz=ZoneInfo(zone))
    assert got == datetime.fromisoformat(leaves)


def test_the_rules_speak_in_the_order_of_the_page() -> None:
    named = [re.findall(r"`(\w+)`", row[1]) for row in rows("rule")]
    assert [name for names in named for name in names] == [*CHECKS, *(key for key in REASONS if key not in CHECKS)]
    for row, names in zip(rows("rule"), named, strict=True):
        assert {REASONS[name].loss for name in names} == {row[2]}


@pytest.mark.parametrize(("external_id", "fraction"), rows("external id"))
def test_the_draw(external_id: str, fraction: str) -> None:
    assert not is_drawn(external_id, Decimal(fraction))
    assert is_drawn(external_id, Decimal(fraction) + Decimal("0.0001"))


LIMIT = '[[limit]]\nper = "customer"\nmax = {max}\n{unit} = {period}\n'
# What the page says a key may be, and files that are just inside and just outside.
RANGES = {
    "max": [LIMIT.format(max=value, unit="days", period=1) for value in ("{}", "{}")],
    "days` or `hours": [LIMIT.format(max=1, unit=unit, period="{}") for unit in ("days", "hours")],
    "hours` or `off = true": ["[gap]\nhours = {}"],
    "hours": ["[link]\nhours = {}"],
    "max_hours` or `off = true": ["[age]\nmax_hours = {}"],
    "per_number_per_day": ["[caps]\nper_number_per_day = {}"],
}


@pytest.mark.parametrize("key", RANGES)
def test_ranges(key: str) -> None:
    allowed = next(row[2] for row in rows("table") if row[1] == f"`{key}`")
    ranges = re.findall(r"(\d+) to (\d+)", allowed)
    assert ranges
    for file, (least, most) in zip(RANGES[key], ranges, strict=False):
        for inside in (least, most):
            parse_policy(file.format(inside))
        for outside in (int(least) - 1, int(most) + 1):
            with pytest.raises(PolicyInvalid):
                parse_policy(file.format(outside))


def test_the_defaults_of_the_page() -> None:
    said = {(row[0], row[1]): row[3] for row in rows("table")}
    assert said["`[gap]`", "`hours` or `off = true`"] == f"{DEFAULT.gap // timedelta(hours=1) if DEFAULT.gap else ''}"
    assert said["`[link]`", "`hours`"] == f"{DEFAULT.link_life // timedelta(hours=1)}"
    assert (
        said["`[age]`", "`max_hours` or `off = true`"]
        == f"{DEFAULT.max_age // timedelta(hours=1) if DEFAULT.max_age else ''}"
    )
    assert said["`[sampling]`", "`share`"] == f"{DEFAULT.share}"
    assert said["", "`version`"] == f"`{DEFAULT.version}`"
    assert parse_policy("") == DEFAULT
    assert [limit.per for limit in DEFAULT.limits] == [Scope.CUSTOMER, Scope.SCENARIO]


def test_a_false_page_would_be_noticed() -> None:
    """The comparison can fail: the same case under another policy comes out differently."""
    scenario, before, now, decision, _ = rows("asked about")[1]
    looser = replace(DEFAULT, gap=timedelta(hours=23))
    history = [contact(before)]
    assert decide(facts=Facts(scenario), history=history, policy=looser, now=moment(now)).reason != decision
