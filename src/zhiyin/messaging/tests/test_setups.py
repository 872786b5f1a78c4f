"""A channel's settings, and every fault in them by name."""

from typing import Any

import pytest

from zhiyin.messaging.rules.setups import (
    HIDDEN,
    BadSetup,
    EmailSetup,
    OutboxSetup,
    Setup,
    SmsSetup,
    as_shown,
    filled,
    read_setup,
    shown,
)

SMS: dict[str, Any] = {"url": "https://gateway.example.com/send", "body": {"to": "{to}", "text": "{text}"}}
CLASSES: dict[str, type[Setup]] = {"sms": SmsSetup, "email": EmailSetup, "outbox": OutboxSetup}
EMAIL: dict[str, Any] = {"host": "mail.example.com", "sender": "care@example.com"}


def nested(depth: int) -> dict[str, Any]:
    """A template so many levels deep."""
    template: Any = "{to} {text}"
    for _ in range(depth):
        template = {"in": template}
    return template


def found_in(kind: str, settings: dict[str, Any]) -> set[tuple[str, str]]:
    """What is wrong with them; nothing if they will do."""
    try:
        read_setup(CLASSES[kind], settings)
    except BadSetup as bad:
        return {(fault.field, fault.code) for fault in bad.faults}
    return set()


def test_the_least_that_is_needed() -> None:
    assert read_setup(SmsSetup, SMS) == SmsSetup(url=SMS["url"], body=SMS["body"])
    assert read_setup(EmailSetup, EMAIL) == EmailSetup(host="mail.example.com", sender="care@example.com")
    assert read_setup(OutboxSetup, {}) == OutboxSetup()


def test_lists_become_tuples_and_the_reading_follows() -> None:
    setup = read_setup(SmsSetup, SMS | {"success_path": "code", "success_values": ["0"], "later_values": ["9"]})
    assert isinstance(setup, SmsSetup)
    assert (setup.reading.success_values, setup.reading.later_values) == (("0",), ("9",))


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"url": ""}, {("url", "missing")}),
        ({"url": "ftp://gateway.example.com"}, {("url", "not_a_url")}),
        ({"url": "https://"}, {("url", "not_a_url")}),
        ({"url": "https://me:secret@gateway.example.com"}, {("url", "not_a_url")}),
        ({"url": "https://gateway.example.com/#part"}, {("url", "not_a_url")}),
        ({"url": "https://gateway.example.com:0/"}, {("url", "not_a_url")}),
        ({"url": "https://gateway.example.com:99999/"}, {("url", "not_a_url")}),
        ({"url": "https://gateway.example.com/a b"}, {("url", "not_a_url")}),
        ({"url": "https://网关.example.com/"}, {("url", "not_a_url")}),
        ({"url": "http://gateway.example.com/"}, {("url", "needs_https")}),
        ({"url": 5}, {("url", "wrong_type")}),
        ({"url": None}, {("url", "wrong_type")}),
        ({"url": "https://x.example.com/\r\nHost: y"}, {("url", "line_break")}),
        ({"method": "GET"}, {("method", "not_a_choice")}),
        ({"format": "xml"}, {("format", "not_a_choice")}),
        ({"body": {}}, {("body", "missing")}),
        ({"body": {"to": "{to}"}}, {("body", "placeholder_missing")}),
        ({"body": {"text": "{text}"}}, {("body", "placeholder_missing")}),
        ({"body": {"to": "{to}", "text": "{text}", "x": "{name}"}}, {("body", "unknown_placeholder")}),
        ({"format": "form", "body": {"to": "{to}", "deep": {"text": "{text}"}, "n": 1}}, {("body", "form_is_flat")}),
        ({"headers": {"X-Key": "a\nb"}}, {("headers", "bad_header")}),
        ({"headers": {"Bad Name": "a"}}, {("headers", "bad_header")}),
        ({"headers": {"X": 1}}, {("headers", "wrong_type")}),
        ({"headers": {"Host": "evil.example.com"}}, {("headers", "bad_header")}),
        ({"headers": {"content-length": "0"}}, {("headers", "bad_header")}),
        ({"headers": {"X-Key": "密钥"}}, {("headers", "bad_header")}),
        ({"url": "https://10.0.0.1/send"}, {("url", "private_address")}),
        ({"url": "http://169.254.169.254/latest"}, {("url", "private_address")}),
        ({"url": "https://[::1]/"}, {("url", "private_address")}),
        ({"url": "https://0x7f000001/"}, {("url", "private_address")}),
        ({"url": "https://localhost:9200/"}, {("url", "private_address")}),
        ({"url": "https://[::1/"}, {("url", "not_a_url")}),
        ({"url": "https://gateway.example.com/" + "x" * 2000}, {("url", "too_long")}),
        ({"success_path": "x" * 201}, {("success_path", "too_long")}),
        ({"success_values": ["x" * 8000]}, {("success_values", "too_long")}),
        ({"body": {"to": "{to}", "text": "{text}" + "x" * 8000}}, {("body", "too_long")}),
        ({"body": nested(11)}, set()),
        ({"body": nested(12)}, {("body", "wrong_type")}),
        ({"body": {"to": "{to}", "text": "{text}\ud800"}}, {("body", "wrong_type")}),
        ({"secret": "a\x00b"}, {("secret", "line_break")}),
        ({"success_path": "code"}, {("success_values", "missing")}),
        ({"success_values": [0]}, {("success_values", "wrong_type")}),
        ({"signature_header": "X-Signature", "secret": "short"}, {("secret", "too_short")}),
        ({"timeout": 0}, {("timeout", "out_of_range")}),
        ({"timeout": True}, {("timeout", "wrong_type")}),
        ({"timeout": "10"}, {("timeout", "wrong_type")}),
        ({"at_once": 33}, {("at_once", "out_of_range")}),
        ({"retries": 3}, {("retries", "unknown")}),
        ({"method": "GET", "at_once": 0}, {("method", "not_a_choice"), ("at_once", "out_of_range")}),
    ],
)
def test_faults_of_an_sms_gateway(changes: dict[str, Any], faults: set[tuple[str, str]]) -> None:
    assert found_in("sms", SMS | changes) == faults


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"host": ""}, {("host", "missing")}),
        ({"port": 70000}, {("port", "out_of_range")}),
        ({"security": "ssl"}, {("security", "not_a_choice")}),
        ({"security": "none", "user": "me", "password": "x"}, {("security", "password_needs_tls")}),
        ({"sender": "care@example.com\r\nBcc: all@example.com"}, {("sender", "line_break")}),
        ({"sender": "care"}, {("sender", "not_an_address")}),
        ({"timeout": 61}, {("timeout", "out_of_range")}),
        ({"sender": "照顾@example.com"}, {("sender", "not_an_address")}),
        ({"password": "密码"}, {("password", "not_ascii")}),
        ({"user": "用户"}, {("user", "not_ascii")}),
        ({"host": "mail.example.com:25"}, {("host", "not_a_host")}),
        ({"host": "https://mail.example.com"}, {("host", "not_a_host")}),
        ({"host": "邮件.example.com"}, {("host", "not_a_host")}),
        ({"host": "a b"}, {("host", "not_a_host")}),
        ({"host": "x" * 254}, {("host", "too_long")}),
        ({"host": "10.0.0.1"}, {("host", "private_address")}),
        ({"host": "::1"}, {("host", "private_address")}),
        ({"host": "localhost"}, {("host", "private_address")}),
        ({"host": "2606:2800:220:1:248:1893:25c8:1946"}, set()),
        ({"host": "mail_1.example.com."}, set()),
    ],
)
def test_faults_of_a_mail_server(changes: dict[str, Any], faults: set[tuple[str, str]]) -> None:
    assert found_in("email", EMAIL | changes) == faults


MAILBOX = {
    "return_path": "bounce@example.com",
    "imap_host": "imap.example.com",
    "imap_user": "bounce",
    "imap_password": "x",
}


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, set()),
        ({"return_path": ""}, {("return_path", "missing")}),
        (
            {"imap_user": "", "imap_password": "", "imap_folder": ""},
            {("imap_user", "missing"), ("imap_password", "missing"), ("imap_folder", "missing")},
        ),
        ({"imap_host": "10.0.0.1"}, {("imap_host", "private_address")}),
        ({"imap_host": "", "imap_port": 0, "imap_user": ""}, set()),  # without a host there is no mailbox
        ({"imap_port": 0}, {("imap_port", "out_of_range")}),
        ({"imap_security": "ssl"}, {("imap_security", "not_a_choice")}),
        ({"imap_security": "none"}, {("imap_security", "password_needs_tls")}),
        ({"imap_folder": "退信"}, {("imap_folder", "not_ascii")}),
        ({"imap_folder": "a\r\nA1 DELETE INBOX"}, {("imap_folder", "line_break")}),
    ],
)
def test_faults_of_a_mailbox(changes: dict[str, Any], faults: set[tuple[str, str]]) -> None:
    assert found_in("email", EMAIL | MAILBOX | changes) == faults


def test_plain_http_only_to_hosts_that_the_operator_named() -> None:
    inside = SMS | {"url": "http://sms.internal:8080/send"}
    assert isinstance(read_setup(SmsSetup, inside, private_hosts=frozenset({"sms.internal"})), SmsSetup)
    for url in ("http://10.0.0.1/send", "https://10.0.0.1/send"):
        assert isinstance(read_setup(SmsSetup, SMS | {"url": url}, private_hosts=frozenset({"10.0.0.1"})), SmsSetup)
    mail = EMAIL | {"host": "LOCALHOST"}
    assert isinstance(read_setup(EmailSetup, mail, private_hosts=frozenset({"localhost"})), EmailSetup)


def test_the_query_of_an_address_is_hidden_like_a_key() -> None:
    card = shown(read_setup(SmsSetup, SMS | {"url": "https://gateway.example.com/send?key=1"}))
    assert card["url"] == f"https://gateway.example.com/send?{HIDDEN}"
    assert shown(read_setup(SmsSetup, SMS))["url"] == SMS["url"]
    assert (
        as_shown({"url": "https://gateway.example.com/send?"}, secret=())["url"] == "https://gateway.example.com/send?"
    )


def test_what_a_gateway_could_repeat() -> None:
    more = {
        "url": "https://gateway.example.com/?key=query-key&v=1",
        "headers": {"Authorization": "Bearer head-key"},
        "body": {"to": "{to}", "text": "{text}", "deep": ["body-key"], "n": 1},
        "secret": "s" * 32,
    }
    setup = read_setup(SmsSetup, SMS | more)
    assert isinstance(setup, SmsSetup)
    keys = {"query-key", "Bearer head-key", "head-key", "Bearer", "body-key", "s" * 32}
    assert set(setup.reading.hidden) == keys
    assert setup.hidden == tuple(sorted(setup.hidden, key=len, reverse=True))
    for password, hidden in (("hunter2hunter2", ("hunter2hunter2",)), ("short", ()), ("", ())):
        mail = read_setup(EmailSetup, EMAIL | {"password": password})
        assert isinstance(mail, EmailSetup)
        assert mail.hidden == hidden


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        ("email", {"host": "mail.example.com"}, {"host": "MAIL.example.com", "port": 465}, True),
        ("email", {"host": "mail.example.com"}, {"host": "mail.example.org"}, False),
        ("email", {"host": "mail.example.com"}, {"host": "mail.example.com", "imap_host": "x.example.org"}, False),
        ("sms", {"url": "https://a.example.com/1"}, {"url": "https://a.example.com/2?x=1"}, True),
        ("sms", {"url": "https://a.example.com/1"}, {"url": "https://a.example.com:444/1"}, False),
        ("sms", {"url": "https://a.example.com/1"}, {"url": "http://a.example.com/1"}, False),
        ("sms", {"url": "https://a.example.com/1"}, {"url": "https://[::1"}, False),
        ("outbox", {}, {}, True),
    ],
)
def test_where_secrets_go(kind: str, one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    cls = CLASSES[kind]
    assert (cls.destination(one) == cls.destination(other)) is same


def test_a_template_is_filled_in_one_pass_at_any_depth() -> None:
    template = {"to": ["{to}"], "params": {"text": "{text}!", "n": 1, "odd": "{unknown}"}}
    values = {"to": "138", "text": "{to} said {link}", "link": "never"}
    assert filled(template, values) == {
        "to": ["138"],
        "params": {"text": "{to} said {link}!", "n": 1, "odd": "{unknown}"},
    }


def test_a_screen_sees_that_there_is_a_secret_and_no_more() -> None:
    card = shown(read_setup(EmailSetup, EMAIL | {"user": "care", "password": "hunter2hunter2"}))
    assert card["password"] == HIDDEN
    assert "hunter2" not in str(card)
    assert shown(read_setup(EmailSetup, EMAIL))["password"] == ""


def test_how_long_a_channel_may_take() -> None:
    email, sms = read_setup(EmailSetup, EMAIL), read_setup(SmsSetup, SMS)
    assert isinstance(email, EmailSetup)
    assert isinstance(sms, SmsSetup)
    assert email.patience.total_seconds() == 15
    assert sms.patience.total_seconds() == 10
