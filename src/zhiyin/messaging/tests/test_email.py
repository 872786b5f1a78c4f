"""A mail server in all its moods, and the mail that it gets."""

import email
import email.policy
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from zhiyin.messaging.channels.email import Email, composed
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import EmailSetup
from zhiyin.messaging.testing import MailServer, make_envelope, no_listener

A, R, L, N, D = Result.ACCEPTED, Result.REFUSED, Result.LATER, Result.NOT_SENT, Result.DOUBTFUL


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def setup(port: int, **changes: Any) -> EmailSetup:
    values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "care@example.com"}
    return EmailSetup(**{**values, "sender_name": "云桥", "timeout": 1, **changes})


def mail(port: int, **changes: Any) -> Email:
    return Email("mail", setup(port, **changes), private_hosts={"127.0.0.1"})


def send(port: int, *, number: int = 1, to: str = "wang@example.com", **changes: Any) -> list[Outcome]:
    channel = mail(port, **changes)
    outcomes = []
    try:
        for identifier in range(1, number + 1):
            envelope = make_envelope(message_id=identifier, to=to, subject="请评价")
            outcomes += channel.send([envelope], still_ours=lambda: range(number + 1))
    finally:
        channel.close()
    return outcomes


@pytest.mark.parametrize(
    ("replies", "result", "taken"),
    [
        ({}, A, 1),
        ({"greeting": "554 not you"}, N, 0),
        ({"greeting": None}, N, 0),
        ({"greeting": ...}, N, 0),
        ({"EHLO": "500 what", "HELO": "500 what"}, N, 0),
        ({"MAIL": "550 no"}, R, 0),
        ({"MAIL": "451 busy"}, L, 0),
        ({"MAIL": None}, N, 0),
        ({"RCPT": "550 no such mailbox wang@example.com"}, R, 0),
        ({"RCPT": "450 greylisted"}, L, 0),
        ({"RCPT": "251 forwarded"}, A, 1),
        ({"RCPT": "421 closing"}, N, 0),
        ({"RCPT": ...}, N, 0),
        ({"DATA": "554 no"}, R, 0),
        ({"DATA": "250 odd"}, L, 0),
        ({"message": "550 spam"}, R, 1),
        ({"message": "452 full"}, L, 1),
        ({"message": "421 closing"}, N, 1),
        ({"message": None}, D, 1),
        ({"message": ...}, D, 1),
    ],
)
def test_what_we_say_in_each_mood(server: MailServer, replies: dict[str, Any], result: Result, taken: int) -> None:
    server.replies = replies
    started = time.monotonic()
    (outcome,) = send(server.port)
    assert (outcome.result, len(server.accepted)) == (result, taken)
    assert time.monotonic() - started < 3
    assert "wang" not in outcome.detail


def test_nobody_listens() -> None:
    with no_listener() as port:
        assert [outcome.result for outcome in send(port)] == [N]


def test_a_name_that_does_not_exist() -> None:
    assert [outcome.result for outcome in send(25, host="mail.invalid")] == [N]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_no_mail_leaves_without_the_encryption_that_was_asked_for(server: MailServer, security: str) -> None:
    server.replies = {"greeting": "220 here" if security == "starttls" else "220 plain"}
    assert [outcome.result for outcome in send(server.port, security=security)] == [N]
    assert server.accepted == []


def test_one_connection_serves_several_mails_and_a_lost_one_is_replaced(server: MailServer) -> None:
    assert [outcome.result for outcome in send(server.port, number=3)] == [A, A, A]
    server.replies = {"NOOP": None}
    assert [outcome.result for outcome in send(server.port, number=2)] == [A, A]


def test_a_refused_mail_does_not_spoil_the_next(server: MailServer) -> None:
    channel = mail(server.port)
    server.replies = {"RCPT": "550 no"}
    assert channel.send([make_envelope(message_id=1, to="a@example.com")], still_ours=lambda: {1})[0].result is R
    server.replies = {}
    assert channel.send([make_envelope(message_id=2, to="b@example.com")], still_ours=lambda: {2})[0].result is A
    channel.close()


def test_what_is_not_ours_any_more_is_not_sent(server: MailServer) -> None:
    channel = mail(server.port)
    assert channel.send([make_envelope(message_id=1)], still_ours=set)[0].result is N
    channel.close()
    assert server.accepted == []


def test_log_in_refused(server: MailServer) -> None:
    server.replies = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "535 no"}
    # The rule that a password needs TLS stands in the settings' check; here only what a refusal means.
    (outcome,) = send(server.port, user="care", password="secret-password")
    assert outcome.result is N
    assert "secret" not in outcome.detail


def test_a_name_beyond_ascii_in_the_address_is_refused_before_anybody_is_asked(server: MailServer) -> None:
    assert [outcome.result for outcome in send(server.port, to="王@example.com")] == [R]
    assert [outcome.result for outcome in send(server.port, to="a@example.com\r\nBcc: b@example.com")] == [R]
    assert server.accepted == []


def read(**changes: Any) -> EmailMessage:
    message = email.message_from_bytes(
        composed(make_envelope(**{"to": "wang@example.com", **changes}), setup(25)).removesuffix(b".\r\n"),
        policy=email.policy.default,
    )
    assert isinstance(message, EmailMessage)
    return message


def test_the_mail_itself() -> None:
    sent = read(
        message_id=77, subject="请您\r\n评价", text="您好\n.一行", unsubscribe="https://s.example.cn/u/0123456789Ab/"
    )
    assert sent["From"] == "云桥 <care@example.com>"
    assert sent["To"] == "wang@example.com"
    assert sent["Subject"] == "请您 评价"
    assert sent["Message-ID"] == "<77@example.com>"
    assert sent["Date"] == "Fri, 20 Nov 2026 02:00:00 +0000"
    assert sent["List-Unsubscribe"] == "<https://s.example.cn/u/0123456789Ab/>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent.get_content() == "您好\r\n.一行\r\n"


def test_an_alert_has_no_unsubscribe() -> None:
    assert read()["List-Unsubscribe"] is None


def test_dots_at_line_starts_are_doubled_on_the_wire(server: MailServer) -> None:
    channel = mail(server.port)
    channel.send([make_envelope(message_id=1, to="a@example.com", text="one\n.\n..two")], still_ours=lambda: {1})
    channel.close()
    body = server.accepted[0].partition(b"\r\n\r\n")[2]
    assert body == b"one\r\n.\r\n..two\r\n"


def test_a_server_inside_the_own_network_must_be_allowed(server: MailServer) -> None:
    for host in ("127.0.0.1", "localhost", "127.1"):
        channel = Email("mail", setup(server.port, host=host))
        (outcome,) = channel.send([make_envelope(message_id=1, to="a@example.com")], still_ours=lambda: {1})
        channel.close()
        assert (outcome.result, outcome.detail) == (N, f"address not allowed: {host}")
    assert server.accepted == []


def test_a_server_that_repeats_the_password_does_not_make_us_repeat_it(server: MailServer) -> None:
    server.replies = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "535 not with secret-password"}
    (outcome,) = send(server.port, user="care", password="secret-password")
    assert outcome.result is N
    assert "not with" in outcome.detail
    assert "secret-password" not in outcome.detail


def test_a_report_brings_its_table_and_its_file_beside_the_text() -> None:
    text = "\ufeff触点,10 分率 (%)\r\n热线,78.6\r\n"
    sent = read(text="各触点", html="<table><tr><td>热线</td></tr></table>", files=[("01_周报.csv", "csv", text)])
    plain, table = sent.get_body(("plain",)), sent.get_body(("html",))
    assert plain is not None
    assert table is not None
    assert plain.get_content().strip() == "各触点"
    assert "<td>热线</td>" in table.get_content()
    (attached,) = sent.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("01_周报.csv", "text/csv")
    assert attached.get_content() == text
