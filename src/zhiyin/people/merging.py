"""Two customers who turn out to be one person. The older stays, nothing of the younger is lost, all can be undone."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from zhiyin.ledger.record import Actor, record
from zhiyin.people.events import CustomersMerged
from zhiyin.people.models import Customer, Identity, Merge
from zhiyin.people.rules import Standing, joined
from zhiyin.people.vault import name_place, vault

FLAGS = ("is_internal", "is_minor", "has_open_legal_case")
SHARED_CONTACT = "shared contact"


class Locked(Protocol):
    """What a merge carries over, as the caller read it from the locked row."""

    @property
    def id(self) -> int: ...
    @property
    def is_erased(self) -> bool: ...

    refuses: int
    agrees: int
    opted_out_at: datetime | None
    is_internal: bool
    is_minor: bool
    has_open_legal_case: bool
    has_name: bool
    language: str


def merge(
    younger: Locked,
    *,
    into: Locked,
    handles: Iterable[tuple[str, bytes]] = (),
    because: str = SHARED_CONTACT,
    by: Actor,
    now: datetime,
) -> None:
    """Make the younger part of the older. The caller holds both rows' locks, and those of who was merged into the
    younger before. Whatever forbids a message (a refusal, a child, a number of our own) forbids it to all of them.
    ``handles`` are what they were found to share.
    """
    Identity.objects.filter(customer_id=younger.id).update(customer_id=into.id)
    Customer.objects.filter(merged_into=younger.id).update(merged_into=into.id)
    Customer.objects.filter(pk=younger.id).update(merged_into=into.id)
    Merge.objects.create(
        kept=into.id,
        merged=younger.id,
        at=now,
        by=by.actor,
        because=because,
        before=_as_it_was(into),
        handles=sorted([kind, value.hex()] for kind, value in handles),
    )
    _carry_over(younger, into=into, now=now)
    fact = CustomersMerged(kept=into.id, merged=younger.id, because=because)
    record(fact, by=by, now=now, subject=f"customer:{into.id}")


def hand_over(nobody: int, *, to: int) -> None:
    """Give handles that were entered under an id that never became a customer to the person whose they are."""
    Identity.objects.filter(customer_id=nobody).update(customer_id=to, first_customer_id=to)


def _as_it_was(row: Locked) -> dict[str, object]:
    since = row.opted_out_at.isoformat() if row.opted_out_at else None
    flags = {flag: getattr(row, flag) for flag in FLAGS}
    return {
        "refuses": row.refuses,
        "agrees": row.agrees,
        "opted_out_at": since,
        "had_name": row.has_name,
        "language": row.language,
        **flags,
    }


def _carry_over(younger: Locked, *, into: Locked, now: datetime) -> None:
    """Write what the older takes over, and bring both as the caller read them up to date."""
    mine = Standing(into.refuses, into.agrees, into.opted_out_at)
    ours = joined(mine, Standing(younger.refuses, younger.agrees, younger.opted_out_at), at=now)
    changes: dict[str, object] = dict(ours._asdict()) if ours != mine else {}
    changes |= {flag: True for flag in FLAGS if getattr(younger, flag) and not getattr(into, flag)}
    if younger.language and not into.language and not into.is_erased:
        changes["language"] = younger.language
    for name, value in changes.items():
        setattr(into, name, value)
    if younger.has_name and not into.has_name and not into.is_erased:
        row = Customer.objects.get(pk=younger.id)
        name = vault().open(bytes(row.name_sealed or b""), place=name_place(younger.id))
        changes["name_sealed"] = vault().seal(name, place=name_place(into.id))
        into.has_name = True
    if changes:
        Customer.objects.filter(pk=into.id).update(**changes)
