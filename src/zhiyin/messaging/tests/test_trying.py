"""A test message by a channel: at once, past the queue, and never for longer than somebody would wait."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from zhiyin.ledger.models import Event
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.messaging.actions import ChannelGiven, set_up_channel, try_channel, trying
from zhiyin.messaging.channels.outbox import Outbox
from zhiyin.messaging.models import Attempt, Channel, Message
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.testing import BY, NOW, Gateway, make_envelope

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    return tmp_path


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        given = ChannelGiven(key="gateway", kind="sms", settings=running.setup(), is_active=False)
        set_up_channel(given, by=BY, now=NOW)
        yield running


def attempt(key: str = "gateway", **changes: Any) -> Outcome:
    return try_channel(key, make_envelope(**changes), masked="138****8000", by=BY, now=NOW)


def test_a_channel_that_is_off_is_tried_and_the_ledger_says_what_came_of_it(gateway: Gateway) -> None:
    assert attempt(message_id=7) == Outcome(Result.ACCEPTED, provider_id="g-1")
    assert gateway.ids() == ["7"]
    fact = Event.objects.latest("id")
    assert (fact.kind, fact.subject, fact.actor) == ("messaging.channel_tried", "channel:gateway", BY.actor)
    assert fact.data == {
        "key": "gateway", "to": "138****8000", "result": "accepted", "detail": "", "provider_id": "g-1",
    }  # fmt: skip
    assert not Message.objects.exists()
    assert not Attempt.objects.exists()


def test_a_no_is_told_and_leaves_the_channel_as_it_was(gateway: Gateway) -> None:
    gateway.mode = "401"
    for _ in range(6):
        outcome = attempt()
    assert (outcome.result, outcome.detail) == (Result.NOT_SENT, "HTTP 401 who are you")
    row = Channel.objects.get()
    assert (row.failures, row.rests_until, row.trouble) == (0, None, "")


def test_the_outbox_that_is_always_there_takes_one_too(data_dir: Path) -> None:
    assert attempt("outbox", to="a@example.com").result is Result.ACCEPTED
    assert "a@example.com" in (data_dir / "outbox" / "messages.ndjson").read_text()


def test_nobody_waits_longer_than_the_limit(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "LONGEST", timedelta(seconds=0.2))
    gateway.mode = "silent"
    started = time.monotonic()
    outcome = attempt()
    assert time.monotonic() - started < 0.9  # its own time-out is one second
    assert (outcome.result, outcome.detail) == (Result.DOUBTFUL, "no answer in time")


def test_a_fault_in_the_channels_own_code_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Outbox, "send", break_off)
    assert attempt("outbox") == Outcome(Result.DOUBTFUL, "the channel broke off")


def test_what_is_not_there_or_cannot_be_read_is_not_tried(gateway: Gateway, settings: Settings) -> None:
    with pytest.raises(NotFound):
        attempt("nothing")
    settings.PRIVATE_GATEWAYS = ()
    with pytest.raises(Refused) as refused:
        attempt()
    assert refused.value.code == "channel_broken"
    assert gateway.accepted == []
    assert not Event.objects.filter(kind="messaging.channel_tried").exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no sessions that could be left open.")
def test_a_channel_that_asks_the_database_meanwhile_leaves_no_session_open(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WeChat and WeCom keep the key that they borrow, and a test runs in a thread of its own."""
    used: list[Any] = []

    def asks(*_: object) -> Outcome:
        connection.ensure_connection()
        used.append(connection.connection)
        return Outcome(Result.ACCEPTED)

    monkeypatch.setattr(trying, "_sent", asks)
    assert attempt().result is Result.ACCEPTED
    assert [session.closed for session in used] == [True]
