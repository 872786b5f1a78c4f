"""Bounces in a mailbox: fetched by IMAP, each once, whatever else lies there and however the server behaves."""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django.fixtures import Settings

from zhiyin.ledger.queries import count_since
from zhiyin.messaging.actions import ChannelGiven, set_up_channel
from zhiyin.messaging.channels.email.returning import reference
from zhiyin.messaging.receiving import collecting
from zhiyin.messaging.receiving.testing import arrivals, delivery_reports, hearings, inbox_items
from zhiyin.messaging.testing import message, messages
from zhiyin.messaging.tests.imap_server import ImapServer
from zhiyin.outreach.arrivals import ask_where_pushes_are_silent
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations, make_world
from zhiyin.outreach.tests.gateway_calls import make_sent, works
from zhiyin.people.testing import customers

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
PASSWORD = "a password of the mailbox"


@pytest.fixture
def box(settings: Settings) -> Iterator[ImapServer]:
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    make_world()
    with ImapServer() as running:
        set_up(running)
        yield running


def set_up(box: ImapServer, **changes: Any) -> None:
    mailbox = {"imap_host": "127.0.0.1", "imap_port": box.port, "imap_security": "none", "imap_user": 'bounce "us"'}
    given = {"host": "mail.example.com", "sender": "a@example.cn", "return_path": "bounce@example.cn", "timeout": 1}
    settings = {**given, **mailbox, "imap_password": PASSWORD, **changes}
    set_up_channel(ChannelGiven(key="mail", kind="email", settings=settings), by=SYSTEM, now=NOW)


def mailed(number: int = 1) -> list[int]:
    """So many mails that left a while ago."""
    invited = make_invitations(number, channel="email")
    ids = list(messages(invitation_id__in=invited).order_by("pk").values_list("pk", flat=True))
    make_sent(ids, key="mail")
    return ids


def bounce(message_id: int, status: str = "5.1.1", *, mark: str = "") -> bytes:
    return (
        f"To: bounce+{mark or reference(message_id)}@example.cn\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        f"Final-Recipient: rfc822; x@example.com\r\nAction: failed\r\nStatus: {status}\r\n\r\n--b--\r\n"
    ).encode()


def complaint(message_id: int) -> bytes:
    return (
        "To: fbl@example.cn\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nX-Message-Reference: {reference(message_id)}\r\n\r\nx\r\n--b--\r\n"
    ).encode()


def collects(now: datetime = NOW) -> int:
    """The worker's turn: fetch, then work through it."""
    learned = ask_where_pushes_are_silent(now=now)
    works(now)
    return learned


def test_a_bounce_is_fetched_counts_and_is_marked_as_read(box: ImapServer) -> None:
    first, second = mailed(2)
    box.mails = {7: bounce(first), 8: complaint(second)}
    assert collects() == 2
    assert message(first).state == "failed"
    assert customers().get(pk=message(second).customer_id).opted_out_at == NOW
    assert (box.seen, box.fetched()) == ({7, 8}, [7, 8])


def test_what_was_read_before_is_left_alone_and_nothing_is_asked_twice_a_minute(box: ImapServer) -> None:
    (pk,) = mailed()
    box.mails, box.seen = {1: bounce(pk), 2: b"Subject: read by somebody\r\n\r\nx"}, {2}
    assert (collects(), collects(NOW + MINUTE / 2), collects(NOW + MINUTE)) == (1, 0, 0)
    assert (box.fetched(), box.said.count("UID SEARCH UNSEEN")) == ([1], 2)


def test_the_same_bounce_again_and_a_server_that_marks_nothing_have_one_effect(box: ImapServer) -> None:
    (pk,) = mailed()
    box.mails = {1: bounce(pk), 2: bounce(pk)}
    box.mode = "full"
    assert collects() == 1
    assert collects(NOW + MINUTE) == 0
    box.mode = ""
    assert collects(NOW + 2 * MINUTE) == 0
    assert box.seen == {1, 2}
    assert delivery_reports().count() == arrivals().count() == inbox_items().count() == 1


def test_what_the_database_did_not_keep_is_not_marked_as_read(box: ImapServer, monkeypatch: Any) -> None:
    (pk,) = mailed()
    box.mails = {1: bounce(pk)}
    with monkeypatch.context() as away:
        away.setattr(collecting, "take_in", lambda *_: (_ for _ in ()).throw(OperationalError("away")))
        with pytest.raises(OperationalError):
            collects()
    assert box.seen == set()
    assert collects(NOW + MINUTE) == 1


HOSTILE = {
    "huge": b"Subject: x\r\n\r\n" + b"x" * (1024 * 1024),
    "empty": b"",
    "no mail": bytes(range(256)) * 40,
    "boundary without an end": b"Content-Type: multipart/report; boundary=" + b"b" * 5000,
    "a thousand deep": b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(1000)
    ),
    "headers without end": b"X: y\r\n" * 30_000 + b"\r\n",
    "a charset that there is not": b"Content-Type: text/plain; charset=nix\r\nSubject: =?nix?q?x?=\r\n\r\nx",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_mail_is_refused_and_stops_no_other(box: ImapServer, kind: str) -> None:
    before, after = mailed(2)
    box.mails = {1: bounce(before), 2: HOSTILE[kind], 3: bounce(after)}
    assert collects() == 2
    assert {message(before).state, message(after).state} == {"failed"}
    assert box.seen == {1, 2, 3}, "or it would come again for ever"
    assert arrivals().filter(state="listed").count() == 1, "somebody can look at it"
    assert box.fetched() == ([1, 3] if kind == "huge" else [1, 2, 3])


def test_a_forged_bounce_is_believed_about_nobody(box: ImapServer) -> None:
    (pk,) = mailed()
    box.mails = {1: bounce(pk, mark=f"{pk}-{'0' * 16}")}
    assert collects() == 0
    assert (message(pk).state, box.seen) == ("sent", {1})


@pytest.mark.parametrize("mode", ["no", "lies", "endless", "silent", "drips"])
def test_a_server_that_misbehaves_is_left_in_time_and_the_next_round_begins_anew(
    box: ImapServer, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    (pk,) = mailed()
    box.mails = {1: bounce(pk) + b"x" * (3 * 1024 * 1024 if mode == "lies" else 0)}
    box.mode = mode
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING):
        assert collects() == 0
    assert time.monotonic() - begun < 4
    assert "was not read to its end" in caplog.text
    assert PASSWORD not in caplog.text
    box.mode, box.mails = "", {1: bounce(pk)}
    assert collects(NOW + MINUTE) == 1


def test_what_came_before_a_broken_connection_counts(box: ImapServer) -> None:
    first, second = mailed(2)
    box.mails, box.mode = {1: bounce(first), 2: bounce(second)}, "dies"
    assert (collects(), box.seen) == (1, {1})
    box.mode = ""
    assert collects(NOW + MINUTE) == 1


def test_a_folder_that_there_is_not_and_one_inside_ones_own_network_are_not_read(
    box: ImapServer, settings: Settings
) -> None:
    (pk,) = mailed()
    box.mails = {1: bounce(pk)}
    set_up(box, imap_folder="Bounces (old)")
    assert collects() == 0
    set_up(box)
    settings.PRIVATE_GATEWAYS = ()  # the operator thinks better of it
    connections = len(box.said)
    assert (collects(NOW + MINUTE), len(box.said)) == (0, connections)


def test_who_wants_to_know_who_reads_is_told(box: ImapServer) -> None:
    box.capabilities = "IMAP4rev1 ID"
    collects()
    assert 'ID ("name" "zhiyin")' in box.said
    assert f'LOGIN "bounce \\"us\\"" "{PASSWORD}"' in box.said


def test_a_mailbox_that_can_be_read_is_heard_and_one_that_cannot_is_told_of_after_half_an_hour(box: ImapServer) -> None:
    early, late = mailed(2)
    messages(pk=late).update(sent_at=NOW + 29 * MINUTE)
    assert (collects(NOW + 25 * MINUTE), alarms()) == (0, 0)
    assert hearings().get().heard_at == NOW + 25 * MINUTE
    box.mode = "no"
    for minute in range(26, 57):
        messages(pk=late).update(sent_at=NOW + minute * MINUTE)
        messages(pk=early).update(sent_at=NOW + 26 * MINUTE)
        collects(NOW + minute * MINUTE)
    assert alarms() == 1


def test_without_a_mailbox_silence_means_that_nothing_bounced(box: ImapServer) -> None:
    set_up(box, imap_host="")
    early, late = mailed(2)
    messages(pk=late).update(sent_at=NOW + 40 * MINUTE)
    assert (collects(NOW + 45 * MINUTE), alarms(), box.said) == (0, 0, [])


def alarms() -> int:
    return count_since(NOW - timedelta(hours=9), kind="messaging.pushes_silent")
