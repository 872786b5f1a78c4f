"""What a gateway's answer proves, and what it does not."""

from datetime import timedelta

import pytest

from zhiyin.messaging.rules.answers import Broken, Reading, broken, read_http, read_smtp, tidy
from zhiyin.messaging.rules.outcomes import Result

A, R, L, N, D = Result.ACCEPTED, Result.REFUSED, Result.LATER, Result.NOT_SENT, Result.DOUBTFUL
HIDING = Reading(success_path="code", success_values=("0",), provider_id_path="id", hidden=("key-123456",))
READING = Reading(
    success_path="result.0.code", success_values=("0", "OK"), later_values=("throttled",), provider_id_path="id"
)


@pytest.mark.parametrize(
    ("how", "result"),
    [
        (Broken.NO_SUCH_HOST, N),
        (Broken.ADDRESS_NOT_ALLOWED, N),
        (Broken.NOT_CONNECTED, N),
        (Broken.NOT_SECURE, N),
        (Broken.WRITING, D),
        (Broken.WAITING, D),
        (Broken.READING, D),
        (Broken.TOO_LONG, D),
    ],
)
def test_only_what_broke_before_the_bytes_is_certain(how: Broken, result: Result) -> None:
    assert broken(how).result is result
    assert broken(how, "ReadTimeout").detail.endswith("ReadTimeout")


@pytest.mark.parametrize(
    ("status", "body", "result"),
    [
        (200, b'{"result": [{"code": 0}], "id": "m1"}', A),
        (200, b'{"result": [{"code": "OK"}]}', A),
        (202, b'{"result": [{"code": "0"}]}', A),
        (200, b'{"result": [{"code": 7}]}', R),
        (200, b'{"result": [{"code": true}]}', R),
        (200, b'{"result": [{"code": "throttled"}]}', L),
        (200, b'{"result": [{"code": null}]}', D),
        (200, b'{"result": []}', D),
        (200, b'{"result": {"0": 1}}', D),
        (200, b'{"other": 1}', D),
        (200, b'{"result": [{"code": 0}', D),  # half a body that came with the right length
        (200, b"", D),
        (200, b"<html><body>OK</body></html>", D),
        (200, b"\xff\xfe\x00", D),
        (200, b"[" * 100_000, D),
        (301, b"", D),
        (302, b'{"result": [{"code": 0}]}', D),
        (400, b"bad number", R),
        (401, b"", N),
        (403, b"", N),
        (404, b"", N),
        (405, b"", N),
        (408, b"", D),
        (413, b"", R),
        (422, b"", R),
        (429, b"", L),
        (500, b"", D),
        (502, b"", D),
        (503, b"", D),
        (100, b"", D),
    ],
)
def test_a_complete_answer(status: int, body: bytes, result: Result) -> None:
    assert read_http(status, body, headers={}, reading=READING).result is result


def test_without_a_success_path_any_json_with_2xx_is_success() -> None:
    reading = Reading(provider_id_path="id")
    assert read_http(200, b'{"id": 17}', headers={}, reading=reading).provider_id == "17"
    assert read_http(200, b"fine", headers={}, reading=reading).result is D


@pytest.mark.parametrize(
    ("header", "wait"),
    [("30", timedelta(seconds=30)), ("999999", timedelta(hours=6)), ("soon", None), ("٣", None), ("", None)],
)
def test_retry_after_is_heard_up_to_six_hours(header: str, wait: timedelta | None) -> None:
    assert read_http(429, b"", headers={"retry-after": header}, reading=READING).retry_after == wait


@pytest.mark.parametrize(
    ("code", "result"), [(250, A), (251, R), (354, R), (421, N), (450, L), (452, L), (550, R), (554, R)]
)
def test_a_mail_server_answers_for_a_message_with_250_only(code: int, result: Result) -> None:
    assert read_smtp(code, "words").result is result


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("number 13800138000 is invalid", "number *** is invalid"),
        ("no mailbox wang@example.com here", "no mailbox *** here"),
        ("a\x00b\r\nc\ud800", "a b c"),
        ("余额不足", "余额不足"),
        ("x" * 400, "x" * 300),
    ],
)
def test_a_detail_keeps_no_address_and_no_control_character(said: str, kept: str) -> None:
    assert tidy(said) == kept


def test_a_provider_id_keeps_its_digits() -> None:
    answer = read_http(200, b'{"result": [{"code": 0}], "id": "900619746936498440"}', headers={}, reading=READING)
    assert answer.provider_id == "900619746936498440"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b"bad key key-123456"),
        (400, b"bad key key-123456"),
        (500, b"bad key key-123456"),
        (200, b"bad key key-123456"),
        (200, b'{"message": "bad key key-123456"}'),
        (200, b'{"code": "key-123456"}'),
        (200, b'{"code": 0, "id": "key-123456"}'),
        (400, b"x" * 190 + b" key-123456"),
        (400, b" " * 395 + b"key-123456"),
    ],
)
def test_a_gateway_that_repeats_our_key_does_not_make_us_repeat_it(status: int, body: bytes) -> None:
    outcome = read_http(status, body, headers={}, reading=HIDING)
    assert "key-1" not in outcome.detail + outcome.provider_id
