"""An administrator sets up the SMS gateway on the screen, tries it on a phone of their own, and customers are asked."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django.fixtures import Settings

from zhiyin.ledger.queries import events
from zhiyin.messaging.testing import Gateway, MailServer
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.testing import SYSTEM, invitations, make_invitations, make_world
from zhiyin.people.testing import make_staff

pytestmark = pytest.mark.django_db
CHANNELS = "/settings/channels/"
AT_ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'  # the pages look at the clock


@pytest.fixture(autouse=True)
def outbox(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    make_world(now=datetime.now(UTC))
    apply_policy(AT_ANY_HOUR, by=SYSTEM, now=datetime.now(UTC))
    return tmp_path / "outbox" / "messages.ndjson"


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(pk=make_staff("administrator", unit="HQ").staff_id or 0))
    return client


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def send() -> int:
    return send_due(worker="test", clock=lambda: datetime.now(UTC)).sent


def test_a_gateway_is_added_tried_switched_on_and_asks_the_next_customer(administrator, gateway, outbox):
    form = {
        "key": "gateway",
        "url": f"http://127.0.0.1:{gateway.port}/send",
        "method": "POST",
        "headers": "Authorization: Bearer very-secret-key",
        "format": "json",
        "body": '{"mobile": "{to}", "content": "{text}", "id": "{message}"}',
        "success_path": "code",
        "success_values": "0",
        "later_values": "throttled",
        "provider_id_path": "id",
        "timeout": "2",
        "at_once": "1",
    }
    assert administrator.post(f"{CHANNELS}add-channel/sms/", form).headers["Location"] == f"{CHANNELS}gateway/"

    # Saved is not in use: until it is switched on, customers are asked by the outbox file as before.
    make_invitations(1, now=datetime.now(UTC))
    assert send() == 1
    assert gateway.accepted == []
    assert len(outbox.read_text().splitlines()) == 1

    administrator.post(f"{CHANNELS}gateway/", {"do": "test", "mobile": "13912345678"})
    assert gateway.accepted.pop()["mobile"] == "13912345678"
    administrator.post(f"{CHANNELS}gateway/switch/", {"on": "1"})

    (invited,) = make_invitations(1, now=datetime.now(UTC))
    assert send() == 1
    (message,) = gateway.accepted
    assert "/s/" in message["content"]
    assert gateway.headers[-1]["authorization"] == "Bearer very-secret-key"
    (row,) = invitations([invited])
    assert row.state == "sent"
    assert len(outbox.read_text().splitlines()) == 1

    told = [
        (fact.kind, fact.data["is_active"]) for fact in events(subject="channel:gateway") if "is_active" in fact.data
    ]
    assert told == [("messaging.channel_set_up", True), ("messaging.channel_set_up", False)]
    assert "very-secret-key" not in json.dumps([fact.data for fact in events(limit=1000)])


def test_mail_goes_by_the_server_that_was_set_up(administrator, outbox):
    with MailServer() as server:
        form = {
            "key": "mail",
            "host": "127.0.0.1",
            "port": str(server.port),
            "security": "none",
            "sender": "care@example.com",
            "sender_name": "云桥",
            "timeout": "2",
        }
        assert administrator.post(f"{CHANNELS}add-channel/email/", form).status_code == 302
        administrator.post(f"{CHANNELS}mail/switch/", {"on": "1"})
        make_invitations(1, now=datetime.now(UTC), channel="email")
        assert send() == 1
        (mail,) = server.accepted
    assert b"From: =?utf-8?" in mail
    assert not outbox.exists()
