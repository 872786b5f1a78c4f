"""``zhiyin measure``: the plain figure, and the one that allows for agents who differ or for silence."""

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from zhiyin.cli.tests.commands import Done, runner
from zhiyin.reports.testing import Said, make_service, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], settings: Settings, tmp_path: Path) -> Callable[..., Done]:
    settings.DATA_DIR = tmp_path
    now = timezone.now()
    make_service(now=now - timedelta(days=9))
    ten, low = {"overall": 10}, {"overall": 5}
    say(
        Said(times=12, at=now - timedelta(days=1), scores=ten, moment="first_call"),
        Said(times=2, at=now - timedelta(days=1), scores=low, moment="at_desk", unit="S"),
        Said(times=2, at=now - timedelta(days=1), scores=low, moment="first_call", unit="S-1"),
    )
    return runner(capsys)


def rows(done: Done) -> list[dict[str, Any]]:
    assert done.code == 0, done
    found: list[dict[str, Any]] = json.loads(done.out)["rows"]
    return found


def test_a_figure_that_allows_for_clusters_is_wider_and_says_by_how_much(run: Callable[..., Done]) -> None:
    (plain,) = rows(run("measure", "top_box", "--format", "json"))
    (wide,) = rows(run("measure", "top_box", "--cluster", "unit", "--format", "json"))
    assert (wide["value"], wide["n"]) == (plain["value"], 16) == (0.75, 16)
    assert wide["low"] < plain["low"]
    assert wide["effect"] > 1
    assert "effect" not in plain
    table = run("measure", "top_box", "--cluster", "unit").out
    assert "effect" in table
    assert "0.75" in table
    by_unit = rows(run("measure", "top_box", "--by", "unit", "--cluster", "unit", "--format", "json"))
    assert {row["effect"] for row in by_unit} == {None}


def test_a_figure_weighed_by_the_people_served_stands_beside_the_plain_one(run: Callable[..., Done]) -> None:
    done = run("measure", "top_box", "--weigh", "touchpoint", "--people", "interactions", "--format", "csv")
    (row,) = csv.DictReader(StringIO(done.out))
    assert float(row["raw"]) == 0.75
    assert float(row["value"]) == pytest.approx(0.75)  # everybody who was served has answered
    assert float(row["effect"]) == pytest.approx(1.0)
    assert row["unheard"] == ""
    # Of those who answered by touchpoint nobody was sent an invitation: there is nothing to weigh by.
    assert rows(run("measure", "top_box", "--weigh", "touchpoint", "--format", "json")) == [
        {"value": None, "low": None, "high": None, "n": 0, "withheld": True}
    ]


def test_groups_that_nobody_answered_for_are_named(run: Callable[..., Done]) -> None:
    done = run("measure", "nps", "--weigh", "unit", "--people", "interactions", "--format", "json")
    (row,) = rows(done)
    assert (row["value"], row["raw"]) == (None, None)
    assert sorted(row["unheard"].split()) == ["N-1", "S", "S-1"]
    assert "—" in run("measure", "nps", "--weigh", "unit", "--people", "interactions").out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cluster", "reason"), "no dimension"),
        (("--weigh", "touchpoint", "--people", "nobody"), "no measure"),
        (("--weigh", "touchpoint", "--cluster", "unit"), "one of them"),
    ],
)
def test_what_cannot_be_asked_that_way_is_said(run: Callable[..., Done], options: tuple[str, ...], said: str) -> None:
    done = run("measure", "top_box", *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
