"""Mail that comes back: only our own mark is believed, and only about the message whose mark it is (G68–G70)."""

import time
from contextlib import suppress
from typing import Any

import pytest

from zhiyin.messaging.channels.email import EmailReceiver, composed
from zhiyin.messaging.channels.email.returning import reference, references_in, return_path
from zhiyin.messaging.channels.email.sending import Email
from zhiyin.messaging.rules.setups import BadSetup, EmailSetup, read_setup
from zhiyin.messaging.rules.signals import Callback, Delivery, Heard, Left, Receipt, Unreadable, Unverified
from zhiyin.messaging.testing import NOW, MailServer, make_envelope

BOUNCES = "bounce@mail.example.cn"
receiver = EmailReceiver(EmailSetup(host="mail.example.com", sender="a@example.cn", return_path=BOUNCES))


def hear(mail: str | bytes, method: str = "POST") -> Heard:
    body = mail if isinstance(mail, bytes) else mail.replace("\n", "\r\n").encode()
    return receiver.hear(Callback(method=method, query={}, headers={}, body=body, remote="::1", now=NOW))


def bounce(to: str, action: str = "failed", status: str = "5.1.1") -> str:
    return f"""From: MAILER-DAEMON@mx.example.com
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Fri, 20 Nov 2026 02:05:00 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; nobody@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.com>: no such user

--b--
"""


def complaint(mark: str, kind: str = "abuse") -> str:
    return f"""From: feedback@example.com
To: {BOUNCES}
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

A complaint.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: x/1.0
Version: 1

--b
Content-Type: message/rfc822

From: a@example.cn
To: victim@example.com
X-Message-Reference: {mark}
Subject: survey

words
--b--
"""


@pytest.mark.parametrize(
    ("action", "delivery"),
    [
        ("failed", Delivery.FAILED),
        ("Delayed", Delivery.ACCEPTED),
        ("delivered", Delivery.DELIVERED),
        ("tachyon", Delivery.UNREAD),
    ],
)
def test_a_bounce_is_a_receipt_of_its_message(action: str, delivery: Delivery) -> None:
    (signal,) = hear(bounce(return_path(BOUNCES, 77), action)).signals
    assert isinstance(signal, Receipt)
    assert (signal.message_id, signal.delivery, signal.code) == (77, delivery, "5.1.1")
    assert signal.at is not None
    assert "nobody@example.com" not in signal.detail


@pytest.mark.parametrize(
    "to",
    [
        BOUNCES,
        "bounce+77-0123456789abcdef@mail.example.cn",
        return_path(BOUNCES, 77).replace("77-", "78-"),
        f"{return_path(BOUNCES, 77)}, {return_path(BOUNCES, 78)}",
        "bounce+77@mail.example.cn",
    ],
)
def test_g68_a_forged_bounce_is_ignored_and_kept(to: str) -> None:
    heard = hear(bounce(to))
    assert (heard.signals, len(heard.broken)) == ((), 1)


def test_mail_servers_may_change_capital_letters() -> None:
    assert references_in(return_path(BOUNCES, 77).upper()) == [77]


def test_g70_a_complaint_is_about_whoever_got_that_message() -> None:
    (signal,) = hear(complaint(reference(77))).signals
    assert isinstance(signal, Left)
    assert (signal.is_complaint, signal.message_id, signal.sender) == (True, 77, "")


@pytest.mark.parametrize(
    ("mark", "kind"), [("77-0123456789abcdef", "abuse"), (reference(77), "not-spam"), ("", "abuse")]
)
def test_what_is_no_complaint_or_forged_opts_out_nobody(mark: str, kind: str) -> None:
    assert list(hear(complaint(mark, kind)).signals) == []


def test_g69_an_answering_machine_gets_no_answer() -> None:
    mail = (
        f"To: {return_path(BOUNCES, 77)}\nFrom: x@example.com\nAuto-Submitted: auto-replied\nSubject: away\n\nI am away"
    )
    heard = hear(mail)
    assert (list(heard.signals), list(heard.broken)) == ([], [])
    heard = hear(mail.replace("auto-replied", "no"))
    assert [why for why, _ in heard.broken] == ["neither a bounce nor a complaint"]


HOSTILE: list[Any] = [b"", b" ", b"\x00\xff\xfe", b"{}", b"\n\n\n", b"Content-Type: multipart/report" + b"\n" * 9]
HOSTILE += [
    b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 2000
]
HOSTILE += ["To: 退订\nContent-Type: text/plain; charset=nonsense\n\n退".encode("gbk"), b"To: =?utf-8?b?!!?=\n\nx"]


@pytest.mark.parametrize("body", HOSTILE)
def test_g16_to_g22_no_bytes_break_it(body: bytes) -> None:
    with suppress(Unreadable):
        assert list(hear(body).signals) == []


def test_only_a_post_brings_mail() -> None:
    with pytest.raises(Unverified):
        hear("To: x", method="GET")


def test_each_mail_leaves_under_its_own_return_address_with_a_mark_and_one_click() -> None:
    setup = EmailSetup(host="127.0.0.1", sender="a@example.cn", security="none", return_path=BOUNCES)
    with MailServer() as server:
        given = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "a@example.cn"}
        read = read_setup(EmailSetup, {**given, "return_path": BOUNCES}, private_hosts=frozenset({"127.0.0.1"}))
        envelope = make_envelope(message_id=77, to="li@example.com", unsubscribe="https://s.example.cn/u/0123456789Ab/")
        email = Email("mail", read, private_hosts={"127.0.0.1"})
        (outcome,) = email.send([envelope], still_ours=lambda: {77})
        email.close()
    assert outcome.result == "accepted"
    mail = composed(envelope, setup).decode()
    assert f"X-Message-Reference: {reference(77)}" in mail
    assert "List-Unsubscribe: <https://s.example.cn/u/0123456789Ab/>" in mail
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in mail


def test_the_return_address_is_checked() -> None:
    with pytest.raises(BadSetup):
        read_setup(EmailSetup, {"host": "mail.example.com", "sender": "a@example.cn", "return_path": "nobody"})


REPORT = b"Content-Type: multipart/report; report-type=%s; boundary=b\r\n\r\n"
MAZES = {
    "addresses": b"To: " + b"a@b.c," * 160_000 + b"\r\n\r\nx",
    "headers": b"X: y\r\n" * 160_000 + b"\r\nx",
    "nested parts": b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(300))
    + b"x\r\n" * 200_000,
    "parts": REPORT % b"feedback-report" + b"--b\r\n\r\nx\r\n" * 90_000,
    "parameters": b"Content-Type: multipart/report" + b";a=b" * 240_000 + b"\r\n\r\nx",
    "folded parameters": b"Content-Type: multipart/report" + b";a=b\r\n " * 120_000 + b"\r\n\r\nx",
    "parameters by carriage return": b"Content-Type: multipart/report" + b";a=b\r " * 120_000 + b"\r\n\r\nx",
    "quotes": b"Content-Type: multipart/report; x=" + b'\\;"' * 300_000 + b"\r\n\r\nx",
    "parameters of a part": REPORT % b"feedback-report"
    + b"--b\r\nContent-Type: multipart/mixed"
    + b";a=b" * 200_000
    + b"\r\n\r\nx",
}


@pytest.mark.parametrize("kind", MAZES)
def test_no_megabyte_takes_long_to_read(kind: str) -> None:
    begun = time.process_time()
    with suppress(Unreadable):
        assert not hear(MAZES[kind]).signals
    assert time.process_time() - begun < 2


def test_a_bounce_with_a_long_original_is_read_all_the_same() -> None:
    original = "\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\n" + "-- \nwords, boundary and all\n" * 20
    mail = bounce(f"bounce+{reference(7)}@mail.example.cn").replace("\n--b--\n", original + "\n--b--\n")
    assert [signal.message_id for signal in hear(mail).signals if isinstance(signal, Receipt)] == [7]
