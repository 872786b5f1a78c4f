"""The door that gateways call at: believes nothing unproven, falls over nothing, answers in time (G01–G29, G48–G50)."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from zhiyin.ledger.queries import count_since
from zhiyin.messaging.receiving import hearing, inbox
from zhiyin.messaging.receiving.testing import arrivals, delivery_reports, hearings, inbox_items
from zhiyin.messaging.testing import message
from zhiyin.outreach.arrivals import answer_callback
from zhiyin.outreach.testing import NOW
from zhiyin.outreach.tests.gateway_calls import (
    KEY,
    call,
    callback,
    number_of,
    receipt,
    reply,
    says,
    sent,
    set_up,
    signed,
    works,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PATH = f"/gateways/{KEY}/"


@pytest.fixture(autouse=True)
def channel() -> None:
    set_up()
    hearing._unwritten.clear()


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def body_of(*items: dict[str, Any]) -> bytes:
    return json.dumps(items).encode()


def refusals() -> int:
    return count_since(NOW - HOUR, kind="messaging.callbacks_refused")


def nothing_changed() -> bool:
    return not arrivals().exists() and not inbox_items().exists() and not delivery_reports().exists()


SOME = body_of(reply("+8613800138000", "R"))


@pytest.mark.parametrize(
    ("case", "headers"),
    [
        ("G01 G03 nothing that proves it", {}),
        ("G02 another key", signed(SOME, secret="whsec_" + "QQ" * 18)),
        ("G04 a wrong signature", signed(SOME) | {"webhook-signature": "v1,AAAA"}),
        ("G05 a byte of the body changed", signed(SOME.replace(b"R", b"S"))),
        ("G06 sixteen minutes old", signed(SOME, now=NOW - timedelta(minutes=16))),
        ("from tomorrow", signed(SOME, now=NOW + timedelta(days=1))),
        ("no time", signed(SOME) | {"webhook-timestamp": "now"}),
        ("a signature that is no text", signed(SOME) | {"webhook-signature": "v1,\udcff"}),
    ],
)
def test_g01_to_g06_what_does_not_prove_itself_changes_nothing_and_is_counted(
    case: str, headers: dict[str, str]
) -> None:
    assert answer_callback(KEY, callback(SOME, headers=headers)).status == 403, case
    assert nothing_changed()
    assert refusals() == 1, "the alarm"
    assert hearings().get().refused == 1


def test_g07_the_same_call_again_is_a_replay() -> None:
    headers = signed(SOME)
    assert answer_callback(KEY, callback(SOME, headers=headers)).status == 200
    assert answer_callback(KEY, callback(SOME, headers=headers, now=NOW + timedelta(minutes=1))).status == 403
    assert arrivals().count() == 1


def test_g08_an_id_used_again_for_other_words_is_refused() -> None:
    assert answer_callback(KEY, callback(SOME, headers=signed(SOME, identifier="once"))).status == 200
    other = body_of(reply("+8613800138001", "R"))
    assert answer_callback(KEY, callback(other, headers=signed(other, identifier="once"))).status == 403
    assert arrivals().count() == 1


def test_the_alarm_is_raised_once_an_hour_and_counts_go_on() -> None:
    for second in range(0, 20, 2):
        says(receipt(1), headers={}, now=NOW + timedelta(seconds=second))
    assert (refusals(), hearings().get().refused) == (1, 10)
    says(receipt(1), headers={}, now=NOW + HOUR)
    assert refusals() == 2


def test_a_flood_of_forged_calls_is_no_flood_of_writes(django_assert_max_num_queries: Any) -> None:
    says(receipt(1), headers={})
    with django_assert_max_num_queries(50):  # two for each to find and open the channel, none to write
        for _ in range(20):
            says(receipt(1), headers={})


def test_a_channel_that_there_is_not_looks_like_a_wrong_secret(client: Client) -> None:
    answers = [call(client, f"/gateways/{key}/", SOME, headers={}) for key in (KEY, "nobody", "outbox")]
    assert {(one.status_code, one.content) for one in answers} == {(403, b"refused\n")}
    assert hearings().count() == 1, "strangers' guesses leave no rows"


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_g13_other_methods_are_not_taken(client: Client, method: str) -> None:
    answer = getattr(client, method)(PATH)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")


HOSTILE = {
    "G16 empty": b"",
    "G16 spaces": b"  \n",
    "G17 not JSON": b"receipts, please",
    "G17 cut off": b'[{"type": "receipt"',
    "G18 a text for an array": b'"receipt"',
    "G20 deep": b"[" * 100_000 + b"]" * 100_000,
    "G21 a zero byte": b'[{"type": "reply", "data": {"from": "+8613800138000", "text": "\x00"}}]',
    "G21 a zero byte, spelled": b'[{"type": "\\u0000"}] \x00',
    "G22 GBK": '[{"type": "退订"}]'.encode("gbk"),
    "G23 XXE": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "G24 entities": b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
    "G26 a key twice": b'[{"type": "receipt", "type": "reply"}]',
    "half a character": b'[{"type": "\\ud800"}]',
    "a number without end": b"[" + b"9" * 5000 + b"]",
    "more items than anybody sends": b"[" + b"{}," * 10_001 + b"{}]",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_g16_to_g26_what_nobody_can_read_is_kept_raw_and_told(client: Client, body: bytes) -> None:
    answer = call(client, PATH, body, headers=signed(body, now=datetime.now(UTC)))
    assert answer.status_code == 400
    assert [(row.kind, row.state) for row in arrivals()] == [("broken", "listed")]
    assert not delivery_reports().exists()


def test_g19_five_megabytes_are_refused_before_they_are_read(client: Client) -> None:
    answer = call(client, PATH, b"[" + b" " * 5_000_000 + b"]", headers={})
    assert answer.status_code == 413
    assert b"1048576 bytes" in answer.content
    assert nothing_changed()


def test_a_length_that_lies_or_is_none_is_refused(client: Client) -> None:
    assert client.post(PATH, b"x", content_type="application/json", CONTENT_LENGTH="x").status_code == 400


def test_a_body_in_chunks_is_read_as_far_as_the_limit(client: Client) -> None:
    class Endless:
        def read(self, size: int) -> bytes:
            return b" " * size

        readline = read

    more = {"CONTENT_LENGTH": "", "wsgi.input": Endless(), "wsgi.input_terminated": True}
    assert client.generic("POST", PATH, b"", "application/json", **more).status_code == 413


def test_g27_nothing_is_taken_with_thanks() -> None:
    answer = says()
    assert (answer.status, answer.body) == (200, '{"ok": true}')
    assert not arrivals().exists()


def test_g28_one_good_and_one_broken_the_good_one_counts() -> None:
    (pk,) = sent()
    assert says({"type": "tachyon"}, receipt(pk), ["?"]).status == 200  # type: ignore[arg-type]
    works()
    assert message(pk).delivered_at == NOW
    assert sorted(arrivals().values_list("kind", "state")) == [
        ("broken", "listed"),
        ("broken", "listed"),
        ("receipt", "done"),
    ]


def test_g29_as_many_items_as_fit_are_taken_in_one_go() -> None:
    items = [receipt(number, to="+8613800138000") for number in range(1, 8001)]
    body = json.dumps(items).encode()
    assert len(body) < 1024 * 1024
    assert answer_callback(KEY, callback(body)).status == 200
    assert arrivals().count() == 8000


def test_as_many_items_as_providers_send_at_once_are_answered_within_the_second() -> None:
    body = json.dumps([receipt(number, to="+8613800138000") for number in range(1, 501)]).encode()
    took = []
    for second in range(3):  # the machine may have other things to do
        began = time.monotonic()
        assert answer_callback(KEY, callback(body, now=NOW + timedelta(seconds=second))).status == 200
        took.append(time.monotonic() - began)
        arrivals().delete()
    assert min(took) < 1


def test_g35_a_boolean_may_be_a_text() -> None:
    (pk,) = sent()
    says({"type": "left", "data": {"id": "1", "from": number_of(pk), "complaint": "true"}})
    assert arrivals().get().kind == "left"


def test_g48_replies_leave_before_any_work(client: Client) -> None:
    pks = sent(50)
    began = time.monotonic()
    for pk in pks:
        assert call(client, PATH, body_of(receipt(pk))).status_code == 200
    assert (time.monotonic() - began) / len(pks) < 0.2
    assert not delivery_reports().exists()


def test_g49_while_the_database_is_away_they_are_asked_to_come_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> object:
        raise OperationalError("gone")

    monkeypatch.setattr("zhiyin.outreach.views.gateways.answer_callback", away)
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction
    answer = call(client, PATH, SOME)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_what_was_kept_is_sealed_and_forgotten_in_time() -> None:
    (pk,) = sent()
    number = number_of(pk)
    says(receipt(pk, to=number), receipt(17, to=number), {"type": "?"})
    for row in (*inbox_items(), *arrivals()):
        assert number.encode() not in bytes(row.content_sealed or b"")
    works()
    week = NOW + timedelta(days=7)
    assert inbox.forget_old(now=week - timedelta(seconds=1)) == 0
    works(NOW + 24 * HOUR)
    assert inbox.forget_old(now=week) == 2, "the request, and what was worked through"
    assert inbox.forget_old(now=NOW + timedelta(days=30)) == 2, "what nobody could use"
    assert not arrivals().exists()


def test_the_door_needs_no_session_and_says_what_the_provider_wants(client: Client) -> None:
    answer = call(client, PATH, body_of(receipt(1)))
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (
        200,
        b'{"ok": true}',
        "application/json; charset=utf-8",
    )
    assert "Set-Cookie" not in answer.headers
