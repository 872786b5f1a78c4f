"""Answers from the survey page: found by token, taken once, written in one transaction without the ORM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from zhiyin.ledger.bulk import as_json
from zhiyin.ledger.ids import new_ids
from zhiyin.ledger.record import event_row
from zhiyin.outreach.sql import LIVE_STATES
from zhiyin.responses import sql, statements
from zhiyin.responses.events import ResponseReceived
from zhiyin.responses.rules import REPEAT_FOR, Filled


@dataclass(frozen=True, slots=True)
class Customer:
    """Whoever holds the link: the ledger's name for them."""

    actor: str = "customer"


CUSTOMER = Customer()


@dataclass(frozen=True, slots=True)
class Link:
    """What a token leads to, whatever became of it."""

    invitation_id: int
    version_id: int
    state: str
    dies_at: datetime | None
    customer_id: int | None
    served_at: datetime | None  # when the service ended that it asks about

    def is_alive(self, *, now: datetime) -> bool:
        """At exactly the end of its life it is dead (S12)."""
        return self.state in LIVE_STATES and (self.dies_at is None or self.dies_at > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A filled-in page, ready to be kept. ``body`` is the first 16 bytes of SHA-256 over the form as it was sent."""

    token: bytes
    version_id: int
    filled: Filled
    language: str
    body: UUID
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Ids:
    """Of one submission's rows."""

    response: int
    event: int
    answers: Sequence[int]


def find_link(token: bytes) -> Link | None:
    """One statement, by the keyed hash of the token."""
    if connection.vendor == "postgresql":
        for invitation, version, state, dies_at, customer, served_at in sql.FIND.run([token]):
            return Link(
                int(invitation or 0),
                int(version or 0),
                state or "",
                statements.moment(dies_at),
                int(customer) if customer else None,
                statements.moment(served_at),
            )
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql.SQLITE_FIND, {"token": token})
        row = cursor.fetchone()
    return Link(row[0], row[1], row[2], _aware(row[3]), row[4], _aware(row[5])) if row else None


def was_received(link: Link, body: UUID, *, now: datetime) -> bool:
    """Whether this very form was taken from this link a moment ago."""
    since = now - REPEAT_FOR
    if connection.vendor == "postgresql":
        return bool(sql.REPEATED.run([link.invitation_id, body, since]))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQLITE_REPEATED, [link.invitation_id, body.hex, _text(since)])
        return cursor.fetchone() is not None


def submit(given: Submission, *, now: datetime) -> int | None:
    """Keep the answers and end the link's life; the response's id, or None where there was nothing to take."""
    response, event, *answers = new_ids(2 + len(given.filled.answers), now=now)
    ids = _Ids(response, event, answers)
    if connection.vendor == "postgresql":
        return _submit_on_postgresql(given, ids, now=now)
    return _submit_on_sqlite(given, ids, now=now)


def _submit_on_postgresql(given: Submission, ids: _Ids, *, now: datetime) -> int | None:
    filled = given.filled
    answers = [
        {"id": identifier, "question": question, "value": value, "raw": raw}
        for identifier, (question, value, raw) in zip(ids.answers, filled.answers, strict=True)
    ]
    whose = (now, given.token, given.version_id, ids.response)
    what = (given.language, filled.headline, filled.comment, filled.wants_contact, given.body)
    taken = sql.SUBMIT.run([*whose, *what, as_json(given.attributes), as_json(answers), *_fact(ids, now=now)])
    return ids.response if taken else None


def _submit_on_sqlite(given: Submission, ids: _Ids, *, now: datetime) -> int | None:
    moment, filled = _text(now), given.filled
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQLITE_TAKE, {"now": moment, "token": given.token, "version": given.version_id})
        taken = cursor.fetchone()
        if taken is None:
            return None
        invitation, customer, staff, interaction, case, purpose, version, *where = taken
        whose = (ids.response, customer, staff, invitation, interaction, case, purpose, version, "web", "")
        what = (given.language, filled.headline, filled.comment, filled.wants_contact, moment, moment)
        cursor.execute(sql.SQLITE_RESPONSE, (*whose, *where, *what, given.body.hex, as_json(given.attributes)))
        rows = [(row, ids.response, customer, *one) for row, one in zip(ids.answers, filled.answers, strict=True)]
        cursor.executemany(sql.SQLITE_ANSWER, rows)
        fact = _fact(ids, now=now)
        cursor.execute(sql.SQLITE_EVENT, (fact[0], moment, *fact[1:]))
    return ids.response


def _fact(ids: _Ids, *, now: datetime) -> tuple[int, str, str, str, str, bytes, bool]:
    """What the ledger will say, marked."""
    fact = ResponseReceived(response_id=ids.response)
    row = event_row(fact, identifier=ids.event, by=CUSTOMER, now=now, subject=f"response:{ids.response}")
    return row.id, row.kind, row.actor, row.subject, as_json(row.data), bytes(row.mark), row.wants_delivery


def _text(moment: datetime) -> str:
    """A moment as Django's SQLite backend keeps it."""
    return str(connection.ops.adapt_datetimefield_value(moment))


def _aware(value: datetime | str | None) -> datetime | None:
    """SQLite gives moments without their zone, as text or already read."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
