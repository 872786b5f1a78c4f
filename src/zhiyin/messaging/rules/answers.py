"""What a gateway's answer proves. When in doubt it proves nothing: the brief of this file is to never be optimistic.

Sources of the table: RELIABILITY R6 (gateway faults), RFC 5321 section 4.2.5 and 6.1 for SMTP.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from zhiyin.messaging.rules.outcomes import Outcome, Result

DETAIL_LENGTH, PROVIDER_ID_LENGTH = 300, 120
LONGEST_RETRY_AFTER = timedelta(hours=6)


class Broken(StrEnum):
    """How a connection broke, in words that are the same for HTTP and SMTP."""

    NO_SUCH_HOST = "no such host"
    ADDRESS_NOT_ALLOWED = "address not allowed"  # a private address, refused before connecting
    NOT_CONNECTED = "not connected"  # refused, unreachable, timed out while connecting
    NOT_SECURE = "no secure connection"  # TLS failed
    WRITING = "broken while sending"
    WAITING = "no answer in time"
    READING = "answer cut off"
    TOO_LONG = "answer too long"


BEFORE_BYTES_LEFT = (Broken.NO_SUCH_HOST, Broken.ADDRESS_NOT_ALLOWED, Broken.NOT_CONNECTED, Broken.NOT_SECURE)


def broken(how: Broken, detail: str = "") -> Outcome:
    """The outcome of a connection that broke. Certain only where not one byte of the message can have left."""
    result = Result.NOT_SENT if how in BEFORE_BYTES_LEFT else Result.DOUBTFUL
    return Outcome(result, tidy(f"{how}: {detail}" if detail else how))


@dataclass(frozen=True, slots=True)
class Reading:
    """Where a gateway's JSON answer says what. Paths are keys and list positions joined by dots: ``data.0.code``."""

    success_path: str = ""  # empty: any 2xx with a JSON body is success
    success_values: tuple[str, ...] = ()
    later_values: tuple[str, ...] = ()  # throttled, out of credit, daily cap: try again later
    provider_id_path: str = ""
    hidden: tuple[str, ...] = ()  # our own secrets, which some gateways repeat in what they answer


def read_http(status: int, body: bytes, *, headers: Mapping[str, str], reading: Reading) -> Outcome:
    """The outcome that a complete HTTP answer proves.

    Redirects are not followed and prove nothing: some gateways answer an accepted POST with one.
    """
    if status == 429:
        return Outcome(Result.LATER, "HTTP 429", retry_after=_retry_after(headers))
    if status in (401, 403, 404, 405, 407):  # our set-up is wrong, not the message: it waits until that is mended
        return Outcome(Result.NOT_SENT, tidy(f"HTTP {status} {_excerpt(body, reading)}"))
    if 400 <= status < 500 and status != 408:
        return Outcome(Result.REFUSED, tidy(f"HTTP {status} {_excerpt(body, reading)}"))
    if not 200 <= status < 300:
        return Outcome(Result.DOUBTFUL, tidy(f"HTTP {status} {_excerpt(body, reading)}"))
    return _read_json(status, body, reading)


def _read_json(status: int, body: bytes, reading: Reading) -> Outcome:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return Outcome(Result.DOUBTFUL, tidy(f"HTTP {status}, not JSON: {_excerpt(body, reading)}"))
    provider_id = tidy(without(_word(_at(answer, reading.provider_id_path)), reading.hidden), PROVIDER_ID_LENGTH)
    if not reading.success_path:
        return Outcome(Result.ACCEPTED, provider_id=provider_id)
    said = _at(answer, reading.success_path)
    if said is None:
        return Outcome(Result.DOUBTFUL, tidy(f"HTTP {status}, no {reading.success_path}: {_excerpt(body, reading)}"))
    if _word(said) in reading.success_values:
        return Outcome(Result.ACCEPTED, provider_id=provider_id)
    result = Result.LATER if _word(said) in reading.later_values else Result.REFUSED
    told = without(_word(said), reading.hidden)
    return Outcome(result, tidy(f"{reading.success_path}={told} {_excerpt(body, reading)}"))


def _at(answer: Any, path: str) -> Any:
    """What stands at the path; None where there is nothing, or no path."""
    if not path:
        return None
    for part in path.split("."):
        if isinstance(answer, dict):
            answer = answer.get(part)
        elif isinstance(answer, list) and part.isascii() and part.isdigit() and int(part) < len(answer):
            answer = answer[int(part)]
        else:
            return None
    return answer


def _word(value: object) -> str:
    """A JSON scalar as the setting spells it: true, 0, OK."""
    if value is None or isinstance(value, dict | list):
        return ""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _excerpt(body: bytes, reading: Reading) -> str:
    # Hidden before it is cut, so that no half of a secret stays at the end.
    return " ".join(without(body.decode("utf-8", "replace"), reading.hidden)[:400].split())[:200]


def without(text: str, hidden: Iterable[str]) -> str:
    """The text with these words struck out."""
    for word in hidden:
        text = text.replace(word, "***")
    return text


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    value = headers.get("retry-after", "")
    if not (value.isascii() and value.isdigit() and len(value) < 7):
        return None
    return min(timedelta(seconds=int(value)), LONGEST_RETRY_AFTER)


def read_smtp(code: int, text: str) -> Outcome:
    """The outcome of a mail server's reply to MAIL, RCPT, DATA or the message itself.

    A server answers for a message only with 250 (RFC 5321, 6.1): any other reply that did arrive is a certain no.
    """
    if code == 250:
        return Outcome(Result.ACCEPTED, provider_id=tidy(text, PROVIDER_ID_LENGTH))
    if code == 421:  # the server is closing down: its trouble, not the message's
        return Outcome(Result.NOT_SENT, tidy(f"SMTP {code} {text}"))
    return Outcome(Result.LATER if 400 <= code < 500 else Result.REFUSED, tidy(f"SMTP {code} {text}"))


_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
_NUMBER = re.compile(r"\d{5,}")
_MAIL = re.compile(r"[^\s<>@]+@[^\s<>@]+")


def tidy(text: str, longest: int = DETAIL_LENGTH) -> str:
    """A gateway's words, fit to be kept: no control characters, and no phone number or e-mail address in a detail."""
    text = _CONTROL.sub(" ", text).strip()
    if longest == DETAIL_LENGTH:
        text = _NUMBER.sub("***", _MAIL.sub("***", text))
    return text[:longest]
