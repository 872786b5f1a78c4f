"""A small service with answers, and people of both branches who look at them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django.fixtures import Settings

from zhiyin.cases.testing import make_terms
from zhiyin.metrics import mirror
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff
from zhiyin.reports.testing import Said, make_service, say

NOW = datetime.now(UTC)  # the pages look at the clock
DAY = timedelta(days=1)
ALL = {"overall": 10, "attitude": 10, "ability": 9, "worth": 8, "again": 10}
LOW = {"overall": 4, "attitude": 3, "again": 2}


@pytest.fixture
def service(settings: Settings, tmp_path: Path) -> None:
    """The north asks 76 in two moments, the south 32; before that, all was well."""
    settings.DATA_DIR = tmp_path
    make_service(now=NOW - 60 * DAY)
    make_terms(now=NOW - 60 * DAY)
    recent, earlier = NOW - 2 * DAY, NOW - 40 * DAY
    say(
        Said(times=40, at=recent, scores=ALL, moment="first_call", segment="gold"),
        Said(times=36, at=recent, scores=LOW, moment="waiting", segment="plain", comment="等太久"),
        Said(times=32, at=recent, scores=ALL, moment="at_desk", unit="S-1", segment="=cmd|' /C calc'!A0"),
        Said(times=6, at=recent, scores=ALL, moment="at_desk", segment="few"),
        Said(times=60, at=earlier, scores=ALL, moment="first_call", segment="gold"),
        Said(times=40, at=earlier, scores=ALL, moment="waiting", segment="plain"),
    )
    mirror.catch_up(now=NOW)


SignIn = Callable[..., tuple[Client, Viewer]]


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(role: str = "quality_manager", unit: str = "HQ", language: str = "en") -> tuple[Client, Viewer]:
        by = make_staff(role, unit=unit)
        client = Client(headers={"accept-language": language})
        person = get_user_model().objects.get(pk=by.staff_id)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client, by

    return signed_in
