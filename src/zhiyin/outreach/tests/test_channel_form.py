"""A channel's form: what typed texts become, and that no secret comes back out of it."""

from dataclasses import fields as attributes
from typing import Any

import pytest
from django.utils import translation

from zhiyin.messaging.channels.registry import DIALECTS
from zhiyin.messaging.rules.setups import HIDDEN
from zhiyin.outreach.channel_fields import KEY
from zhiyin.outreach.channel_form import FIELDS, fields_of, filled, never_shown, told, typed


def read(kind: str, kept: dict[str, object] | None = None, **post: str) -> tuple[dict[str, Any], dict[str, str]]:
    with translation.override("en"):
        return typed(kind, post, kept=kept or {})


def shown(kind: str, **how: Any) -> dict[str, Any]:
    return {field.name: field for field in filled(kind, **{"kept": {}, **how})}


@pytest.mark.parametrize("kind", DIALECTS)
def test_every_setting_has_its_field(kind):
    assert {field.name for field in fields_of(kind)} == {each.name for each in attributes(DIALECTS[kind].setup)}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("url", "  https://gateway.example.com/ ", "https://gateway.example.com/"),
        ("timeout", "10", 10),
        ("success_values", "0, OK；accepted，\n 200 ", ["0", "OK", "accepted", "200"]),
        (
            "headers",
            "Authorization: Bearer a:b\r\n\r\n X-App :  7\n",
            {"Authorization": "Bearer a:b", "X-App": "7"},
        ),
        ("body", ' {"to": "{to}", "text": ["{text}"]}', {"to": "{to}", "text": ["{text}"]}),
        ("secret", " with spaces ", " with spaces "),
        ("method", "PUT", "PUT"),
    ],
)
def test_what_a_text_becomes(name, text, value):
    assert read("sms", **{name: text}) == ({name: value}, {})


def test_what_is_left_empty_is_left_out():
    assert read("sms", url=" ", body="", timeout="", secret="") == ({}, {})


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("timeout", "ten", "Give a whole number."),
        ("timeout", "-1", "Give a whole number."),
        ("timeout", "1e3", "Give a whole number."),
        ("timeout", "١٠", "Give a whole number."),
        ("timeout", "9" * 5000, "Give a whole number."),
        ("headers", "Authorization", "Line 1: write it as “Name: value”, each name once."),
        ("headers", "A: 1\nB:", "Line 2: write it as “Name: value”, each name once."),
        ("headers", "A: 1\nA: 2", "Line 2: write it as “Name: value”, each name once."),
        ("headers", ": 1", "Line 1: write it as “Name: value”, each name once."),
        ("body", '{"to":\n "{to}"', "This is not JSON: look at line 2, column 8."),
        ("body", '["{to}"]', "A template begins with { and ends with }."),
        ("body", '{"n": NaN}', "This is not JSON that a gateway could read."),
        ("body", '{"n": ' + "9" * 5000 + "}", "This is not JSON that a gateway could read."),
        ("body", "[" * 100_000, "This is not JSON that a gateway could read."),
    ],
)
def test_what_cannot_be_read_says_where(name, text, sentence):
    settings, faults = read("sms", **{name: text})
    assert faults == {name: sentence}
    assert settings == {name: None}  # which no setting may be, so that nothing is saved


@pytest.mark.parametrize("name", sorted(DIALECTS["sms"].setup.SECRET))
def test_an_empty_field_keeps_the_secret_and_a_tick_removes_it(name):
    kept: dict[str, object] = {name: HIDDEN}
    assert read("sms", kept)[0] == {name: HIDDEN}
    assert read("sms", kept, **{f"{name}_empty": "1"})[0] == {}
    assert read("sms", {name: ""})[0] == {}


def test_a_secret_is_shown_neither_kept_nor_typed_and_the_rest_is():
    kept = {"host": "mail.example.com", "port": 465, "security": "tls", "password": HIDDEN, "sender": "a@example.com"}
    page = shown("email", kept=kept)
    assert (page["host"].value, page["port"].value, page["password"].value) == ("mail.example.com", "465", "")
    assert [name for name, field in page.items() if field.is_kept] == ["password"]
    typed_now = {"host": "b.example.com", "password": "hunter2hunter2"}
    page = shown("email", kept=kept, post=typed_now, faults={"host": "no"})
    assert (page["host"].value, page["host"].fault, page["password"].value) == ("b.example.com", "no", "")
    assert [name for name, field in page.items() if field.is_lost] == ["password"]  # and the page says so
    assert not any(field.is_lost for field in shown("email", kept=kept, post={"password": ""}).values())


def test_a_template_comes_back_to_be_corrected_and_only_until_it_is_kept():
    assert (never_shown("sms"), never_shown("email")) == ({"secret", "headers"}, {"password", "imap_password"})
    assert shown("sms", post={"body": "{"})["body"].value == "{"
    assert shown("sms", kept={"body": HIDDEN})["body"].value == ""


def test_a_new_channel_begins_with_what_is_usual():
    assert {name: field.value for name, field in shown("email").items() if field.value} == {
        "port": "587", "security": "starttls", "imap_port": "993", "imap_security": "tls", "imap_folder": "INBOX",
        "timeout": "15", "per_second": "0",
    }  # fmt: skip
    assert shown("sms", kept={"success_values": ("0", "OK")})["success_values"].value == "0, OK"


def test_a_secret_that_is_needed_cannot_be_emptied():
    page = shown("sms", kept={"headers": HIDDEN, "body": HIDDEN})
    assert (page["headers"].may_be_emptied, page["body"].may_be_emptied) == (True, False)


def test_no_field_takes_more_than_may_be_kept():
    assert {field.name: field.longest for field in (KEY, *FIELDS["email"])} == {
        "key": 40, "host": 253, "port": 200, "security": 200, "user": 254, "password": 1000, "sender": 254,
        "sender_name": 200, "return_path": 200, "timeout": 200, "per_second": 200,
        "imap_host": 253, "imap_port": 200, "imap_security": 200, "imap_user": 254, "imap_password": 1000,
        "imap_folder": 200,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Fill in “Gateway address”."), ("zh-hans", "请填写「网关地址」。")]
)
def test_a_fault_names_the_field_as_the_form_does_once_and_in_the_forms_order(language, sentence):
    given = [("body", "missing", ""), ("url", "missing", ""), ("url", "needs_https", ""), ("key", "taken", "")]
    with translation.override(language):
        said = told("sms", given, {"body": "not JSON"})
    assert list(said) == ["key", "url", "body"]
    assert (said["url"], said["body"]) == (sentence, "not JSON")
