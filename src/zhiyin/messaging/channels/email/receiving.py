"""What a mail server hands on: reports of what was not delivered, and complaints.

Anybody can write such a mail, so that only the mark in our own return address proves anything, and only about the
message whose mark it is.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime
from itertools import islice

from zhiyin.messaging.channels.email.returning import references_in
from zhiyin.messaging.rules.answers import tidy
from zhiyin.messaging.rules.hearing import made_id
from zhiyin.messaging.rules.setups import Setup
from zhiyin.messaging.rules.signals import Callback, Delivery, Heard, Left, Receipt, Reply, Unreadable, Unverified

THANKS = Reply(content_type="text/plain; charset=utf-8", body="ok\n")
TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")  # where the return address may stand
ACTIONS = {
    "failed": Delivery.FAILED,
    "delayed": Delivery.ACCEPTED,
    "relayed": Delivery.ACCEPTED,
    "expanded": Delivery.ACCEPTED,
    "delivered": Delivery.DELIVERED,
}
MOST_PARTS = 50
MOST_BOUNDARIES, MOST_SEPARATORS, LONGEST_TYPE = 30, 1000, 2000
_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:[^\r\n]*(?:\r?\n?[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE)
KEPT = 500  # characters of what cannot be used


class EmailReceiver:
    """Reads mails that came to our return addresses."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def hear(self, callback: Callback) -> Heard:
        if callback.method != "POST":
            raise Unverified("not a POST")
        if not callback.body.strip():
            raise Unreadable("empty")
        try:
            return self._heard(callback)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
            raise Unreadable(f"not a mail: {type(fault).__name__}") from fault

    def _heard(self, callback: Callback) -> Heard:
        if _is_a_maze(callback.body):
            raise Unreadable("more parts than any bounce has")
        # The plain policy: the newer one takes a minute for the addresses in a megabyte of a hostile header.
        mail = message_from_bytes(callback.body, policy=compat32)
        if not mail.keys():
            raise Unreadable("not a mail")
        kind = str(mail.get_param("report-type", "")).lower() if mail.get_content_type() == "multipart/report" else ""
        if kind == "feedback-report":
            return _complaint(mail)
        ours = _addressed_to(mail)
        if len(ours) != 1:
            return _unused(mail, "no return address of ours, or a forged one")
        if kind == "delivery-status":
            return _bounce(mail, ours[0])
        if _is_automatic(mail):
            return Heard(reply=THANKS)  # an answer would be answered (G69)
        return _unused(mail, "neither a bounce nor a complaint")


def _is_a_maze(body: bytes) -> bool:
    """Whether it would take long to parse: by its nesting, or by the square of a content type's length."""
    if body.lower().count(b"boundary") > MOST_BOUNDARIES or body.count(b"\n--") > MOST_SEPARATORS:
        return True
    return any(len(found[0]) > LONGEST_TYPE for found in _CONTENT_TYPE.finditer(body))


def _addressed_to(mail: Message) -> list[int]:
    found = [pk for name in TO for value in mail.get_all(name, []) for pk in references_in(str(value))]
    return list(dict.fromkeys(found))


def _bounce(mail: Message, message_id: int) -> Heard:
    """RFC 3464: one group of fields for the mail, one for each reader; ours has one reader."""
    for part in _parts(mail):
        if part.get_content_type() != "message/delivery-status":
            continue
        for group in _groups(part):
            action = str(group.get("action", "")).strip().lower()
            if not action:
                continue
            status = str(group.get("status", "")).strip()[:20]
            receipt = Receipt(
                provider_id="",
                message_id=message_id,
                delivery=ACTIONS.get(action, Delivery.UNREAD),
                code=tidy(status or action, 60),
                at=_date(mail),
                detail=tidy(str(group.get("diagnostic-code", ""))),
            )
            return Heard(signals=[receipt], reply=THANKS)
    return _unused(mail, "a bounce that names no action")


def _complaint(mail: Message) -> Heard:
    """RFC 5965: the original mail comes with it, and in that our mark."""
    kinds = [str(group.get("feedback-type", "")) for part in _parts(mail) for group in _reports(part)]
    original = "\n".join(_text_of(part) for part in _parts(mail) if part.get_content_type() in _ORIGINAL)
    ours = references_in(original)
    if len(ours) != 1:
        return _unused(mail, "a complaint without a mark of ours")
    if not any(kind.strip().lower() in ("abuse", "fraud", "opt-out", "other") for kind in kinds):
        return Heard(reply=THANKS)  # "not-spam", a virus: nobody complains of being written to
    left = Left(
        signal_id=made_id("complaint", ours[0]), sender="", message_id=ours[0], is_complaint=True, at=_date(mail)
    )
    return Heard(signals=[left], reply=THANKS)


_ORIGINAL = ("message/rfc822", "text/rfc822-headers")


def _parts(mail: Message) -> Iterator[Message]:
    for number, part in enumerate(mail.walk()):
        if number >= MOST_PARTS:
            return
        yield part


def _groups(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _reports(part: Message) -> list[Message]:
    """The fields of a feedback report, which parsers leave as text."""
    if part.get_content_type() != "message/feedback-report":
        return []
    return [message_from_bytes(_text_of(part).encode("utf-8", "replace"))]


def _text_of(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(
            f"{name}: {value}" for each in payload if isinstance(each, Message) for name, value in each.items()
        )
    return str(payload)


def _is_automatic(mail: Message) -> bool:
    said = str(mail.get("auto-submitted", "no")).strip().lower()
    return (
        said not in ("", "no") or "x-autoreply" in mail or str(mail.get("precedence", "")).lower() in ("bulk", "junk")
    )


def _date(mail: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(mail.get("date", "")))
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo else None


def _unused(mail: Message, why: str) -> Heard:
    """Kept for somebody to look at; believed by nobody."""
    # As they came: to read thirty thousand headers takes seconds.
    headers = "\n".join(f"{name}: {value}" for name, value in islice(mail.raw_items(), 20))
    return Heard(broken=[(why, headers[:KEPT].encode("utf-8", "replace").decode())], reply=THANKS)
