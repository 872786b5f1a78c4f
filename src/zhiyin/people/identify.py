"""Who is this? From ids and phones to one customer row each, for a whole batch with a handful of statements.

One person may come by several ids and phones: whoever shares a phone or an e-mail with a known id is that person, and
two customers who turn out to be one are merged into the older, with the merge remembered so that it can be undone.

Order of locks, the same for everybody, so that nobody waits in a circle: new handles (sorted by their unique key),
then customers (sorted by id). Whoever finds after locking that a customer has been merged meanwhile lets go of all
customers and starts again with the one that they are now.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import connection, transaction

from zhiyin.ledger.alike import Column, Same
from zhiyin.ledger.bulk import Writing, insert_new, moment
from zhiyin.ledger.ids import new_ids
from zhiyin.ledger.reading import any_of_hashes, any_of_ids, moment_in, rows
from zhiyin.ledger.record import Actor
from zhiyin.people.merging import hand_over, merge
from zhiyin.people.models import Customer, Identity
from zhiyin.people.queries import Reach
from zhiyin.people.rules import NOTHING, SURVEY_BIT, Purpose, may_write
from zhiyin.people.vault import name_place, sealed_identities, sealed_names, vault

Key = tuple[str, bytes]  # kind and keyed hash
TRIES = 20  # each try but the last found somebody merged meanwhile, so more than two are hardly ever seen


class Handle(NamedTuple):
    """One way to recognise a person. ``reach`` says what kind of phone it is. A tuple: a batch makes thousands."""

    kind: str  # external, phone, email, wechat, wecom
    value: str  # normalised: an external id as it is, a phone in E.164, an e-mail in lower case
    masked: str
    reach: str = ""


class Given(NamedTuple):
    """A person as an interaction, an answer or an import names them. The first handle is the main one."""

    handles: tuple[Handle, ...]
    name: str = ""
    brand: str = ""
    segment: str = ""
    language: str = ""


@dataclass(slots=True)
class Known:
    """A customer as the decision needs them, read from the locked row. ``is_changed``: this call taught us something
    new about somebody who was known before. ``ways``: how somebody new can be reached; None: ask ``reaches``."""

    id: int
    brand: str = ""
    segment: str = ""
    refuses: int = NOTHING
    agrees: int = NOTHING
    opted_out_at: datetime | None = None
    has_open_legal_case: bool = False
    is_internal: bool = False
    is_minor: bool = False
    is_new: bool = False
    is_changed: bool = False
    has_name: bool = False
    is_erased: bool = False
    merged_into: int | None = None
    language: str = ""
    ways: Sequence[Reach] | None = None

    @property
    def opted_out(self) -> bool:
        """Whether they refuse to be surveyed; for anything else ask ``may_be_sent``."""
        return bool(self.refuses & SURVEY_BIT)

    def may_be_sent(self, purpose: Purpose) -> bool:
        """Whether anything may be sent to them for this purpose, as far as it depends on their word."""
        return may_write(purpose, refuses=self.refuses, agrees=self.agrees)


class _Moved(Exception):
    """Customers who are somebody else by now: former id → who they are."""

    def __init__(self, now_are: Mapping[int, int]) -> None:
        super().__init__()
        self.now_are = now_are


class _Who(NamedTuple):
    """``bridges``: for everybody who is merged, the phones and addresses that brought them to somebody else. Undoing
    the merge makes these shared ones, so that the next import does not do it again."""

    people: list[int]  # of each given, in order
    merges: dict[int, int]  # the younger → the older
    bridges: dict[int, set[Key]]


class _Made(NamedTuple):
    """What became of new handles: whose each of them is now where a racing thread was first with some; otherwise how
    each customer who got some of them can be reached by those."""

    lost: Mapping[Key, int] = MappingProxyType({})
    ways: Mapping[int, Sequence[Reach]] = MappingProxyType({})


def identify(
    given: Sequence[Given], *, by: Actor, now: datetime, writing: Writing | None = None, in_race: bool = True
) -> list[Known]:
    """The customer behind each of ``given``, in order, created where unknown, every row locked (ids sorted).

    Must run inside a transaction. Two threads that bring the same new person at once get the same customer. With
    ``writing``, the rows of new customers may still be on their way into the table afterwards. Not ``in_race``: whoever
    calls takes it upon them that nobody else brings the same people at this moment, and rolls back and calls again
    when an IntegrityError tells, which saves the quick case from minding the rare one.
    """
    keys = _keys_of(given)
    fresh = new_ids(len(given), now=now) if given else []
    every = set(chain.from_iterable(keys))
    owners, shared = _owners(every)
    unknown = every - owners.keys()
    who = _one_person_each(keys, owners, fresh, shared)
    alone = None if in_race else writing
    made = _insert_handles(given, who.people, keys, unknown, alone, now=now) if unknown else _Made()
    if made.lost:
        owners |= made.lost
        who = _one_person_each(keys, owners, fresh, shared)
    for _ in range(TRIES):
        # Who has one of our fresh ids has no row that anybody could lock.
        there = {*who.people, *who.merges}.difference(fresh)
        try:
            with transaction.atomic() if there else nullcontext():
                locked = _lock(there, merging=who.merges) if there else {}
        except _Moved as moved:
            _follow(moved.now_are)
            owners = {key: moved.now_are.get(customer, customer) for key, customer in owners.items()}
            who = _one_person_each(keys, owners, fresh, shared)
            continue
        for loser, winner in who.merges.items():
            if loser in locked:
                merge(locked[loser], into=locked[winner], handles=who.bridges[loser], by=by, now=now)
            else:
                hand_over(loser, to=winner)
        with Writing() if writing is None else nullcontext(writing) as into:
            _create_missing(given, who.people, locked, made, into, now=now)
            _learn(given, who.people, locked, keys, unknown, into)
        return [locked[customer] for customer in who.people]
    raise RuntimeError("Customers were merged faster than they could be locked.")


def find_customer(kind: str, value: str) -> int | None:
    """The customer who has this normalised id, phone or e-mail, or None."""
    return (
        Identity.objects.filter(kind=kind, value_hash=vault().find(kind, value))
        .values_list("customer_id", flat=True)
        .first()
    )


def lock_customers(customers: Iterable[int], *, to_merge: bool = False) -> dict[int, Known]:
    """Lock these people's rows: each id that exists → who they are now, which after a merge is another id.

    ``to_merge``: also the rows of who was merged into them before. Must run inside a transaction. On SQLite the
    transaction itself is the lock.
    """
    are = {customer: customer for customer in customers}
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                locked = _lock(set(are.values()), merging=are.values() if to_merge else ())
        except _Moved as moved:
            are = {customer: moved.now_are.get(now_is, now_is) for customer, now_is in are.items()}
            continue
        return {customer: locked[now_is] for customer, now_is in are.items() if now_is in locked}
    raise RuntimeError("Customers were merged faster than they could be locked.")


def _keys_of(given: Iterable[Given]) -> list[list[Key]]:
    find = vault().find
    return [[(handle.kind, find(handle.kind, handle.value)) for handle in one.handles] for one in given]


def _owners(keys: Collection[Key]) -> tuple[dict[Key, int], set[Key]]:
    """Whose these handles are, and which of them people share (a merge that they had caused was undone)."""
    which, wanted = any_of_hashes({value for _, value in keys})
    kinds = sorted({kind for kind, _ in keys})  # the index begins with the kind
    found = f"{_OWNERS} WHERE kind IN ({', '.join(['%s'] * len(kinds))}) AND value_hash {which}"
    owners, shared = {}, set()
    for kind, value, customer, is_shared in rows(found, [*kinds, wanted]) if kinds else ():
        key = (kind, bytes(value))
        owners[key] = customer
        if is_shared:
            shared.add(key)
    return owners, shared


_OWNERS = "SELECT kind, value_hash, customer_id, is_shared FROM people_identity"


def _one_person_each(
    given: Sequence[Sequence[Key]],
    owners: Mapping[Key, int],
    fresh: Sequence[int],
    shared: Collection[Key],
) -> _Who:
    """A customer id for the handles of each person: the known one, else a fresh one; the same where they have a handle
    in common that is not known to be several people's. And who turns out to be whom."""
    assigned = dict(owners)
    into: dict[int, int] = {}
    bridges: dict[int, set[Key]] = {}
    ours = set(fresh)  # without a row yet, so never the one that stays, however the clocks of two machines differ

    def now_is(customer: int) -> int:
        while customer in into:
            customer = into[customer]
        return customer

    people = []
    for place, one in enumerate(given):
        keys = _telling(one, shared)
        known = {now_is(assigned[key]) for key in keys if key in assigned}
        customer = min(known, key=lambda one: (one in ours, one)) if known else fresh[place]
        if len(known) > 1:
            main = now_is(assigned[keys[0]]) if keys[0] in assigned else None
            others = {key for key in keys if key in assigned and now_is(assigned[key]) != main}
            for loser in known - {customer}:
                bridges.setdefault(loser, set()).update(key for key in others if key[0] != "external")
            into.update(dict.fromkeys(known - {customer}, customer))
        assigned.update(dict.fromkeys(keys, customer))
        people.append(customer)
    return _Who([now_is(customer) for customer in people], {loser: now_is(loser) for loser in into}, bridges)


def _telling(keys: Sequence[Key], shared: Collection[Key]) -> Sequence[Key]:
    """The handles that tell who somebody is. A shared one does only where it comes alone."""
    if not shared:
        return keys
    return [key for key in keys if key not in shared] or keys[:1]


def _insert_handles(
    given: Sequence[Given],
    people: Sequence[int],
    keys: Sequence[Sequence[Key]],
    unknown: set[Key],
    writing: Writing | None,
    *,
    now: datetime,
) -> _Made:
    """Insert what is unknown for ``people``. With ``writing``: as if nobody else could; it may be on its way."""
    new: dict[Key, tuple[Handle, int]] = {}
    for one, customer, mine in zip(given, people, keys, strict=True):
        for handle, key in zip(one.handles, mine, strict=True):
            if key in unknown:
                new.setdefault(key, (handle, customer))
    # Sorted by the unique key, so that two batches with the same people wait for each other and never deadlock.
    ordered = sorted(new)
    handles = [new[key][0] for key in ordered]
    customers = [new[key][1] for key in ordered]
    ids = new_ids(len(new), now=now)
    columns: dict[str, Column] = {
        "id": ids,
        "customer_id": customers,
        "kind": [kind for kind, _ in ordered],
        "reach": [handle.reach for handle in handles],
        "value_hash": [value for _, value in ordered],
        "value_sealed": sealed_identities(zip(ids, [handle.value for handle in handles], strict=True)),
        "masked": [handle.masked[:80] for handle in handles],
        "first_customer_id": customers,
        "seen_at": Same(moment(now)),
    }
    # COPY takes half the time of an INSERT that minds conflicts, and there hardly ever are any: these handles were not
    # there a moment ago.
    if writing is not None:
        writing.insert(Identity, columns)
    elif insert_new(Identity, columns) != len(new):
        return _Made(lost=_owners(unknown)[0])  # what stands in the table now is the truth
    ways: dict[int, list[Reach]] = {}
    for identifier, customer, (kind, _), handle in zip(ids, customers, ordered, handles, strict=True):
        if kind != "external":
            ways.setdefault(customer, []).insert(0, Reach(identifier, kind, handle.reach))  # the newest first
    return _Made(ways=ways)


def _lock(customers: set[int], *, merging: Iterable[int] = ()) -> dict[int, Known]:
    """Lock the rows, ids sorted (RELIABILITY 0.1), and the rows of who was merged into ``merging`` before, which a
    further merge writes to. Raises _Moved if one of them has become somebody else."""
    which, wanted = any_of_ids(sorted(customers))
    values, where = [wanted], f"id {which}"
    if losers := sorted(merging):
        which, wanted = any_of_ids(losers)
        values, where = [*values, wanted], f"{where} OR merged_into {which}"
    locking = " FOR UPDATE" if connection.features.has_select_for_update else ""
    found = rows(f"{_LOCK} WHERE {where} ORDER BY id{locking}", values)
    locked = {row[0]: _known(row) for row in found if row[0] in customers}
    if moved := {one.id: one.merged_into for one in locked.values() if one.merged_into is not None}:
        raise _Moved(moved)
    return locked


_LOCK = (
    "SELECT id, brand, segment, refuses, agrees, opted_out_at, has_open_legal_case, is_internal, is_minor, "
    "name_sealed IS NOT NULL, erased_at IS NOT NULL, merged_into, language FROM people_customer"
)


def _known(row: tuple[Any, ...]) -> Known:
    customer, brand, segment, refuses, agrees, since, legal, internal, minor, named, erased, merged_into, tongue = row
    return Known(
        id=customer,
        brand=brand,
        segment=segment,
        refuses=refuses,
        agrees=agrees,
        opted_out_at=moment_in(since),
        has_open_legal_case=bool(legal),
        is_internal=bool(internal),
        is_minor=bool(minor),
        has_name=bool(named),
        is_erased=bool(erased),
        merged_into=merged_into,
        language=tongue,
    )


def _follow(now_are: Mapping[int, int]) -> None:
    """Bring along handles that were added to somebody while they were being merged, unless that was undone since."""
    for former, customer in sorted(now_are.items()):
        still = Customer.objects.filter(pk=former, merged_into=customer).values("pk")
        Identity.objects.filter(customer_id__in=still).update(customer_id=customer)


def _create_missing(
    given: Sequence[Given],
    people: Sequence[int],
    locked: dict[int, Known],
    made: _Made,
    writing: Writing,
    *,
    now: datetime,
) -> None:
    missing: dict[int, Given] = {}
    for one, customer in zip(given, people, strict=True):
        if customer not in locked:
            missing.setdefault(customer, one)
    if not missing:
        return
    ordered = dict(sorted(missing.items()))
    named = {customer: one.name for customer, one in ordered.items() if one.name}
    sealed = dict(zip(named, sealed_names(named.items()), strict=True))
    for customer, one in ordered.items():
        known = Known(customer, one.brand, one.segment, is_new=True, has_name=bool(one.name), language=one.language)
        known.ways = None if made.lost else made.ways.get(customer, ())
        locked[customer] = known
    writing.insert(
        Customer,
        {
            "id": [*ordered],
            "name_sealed": [sealed.get(customer) for customer in ordered],
            "brand": [one.brand for one in ordered.values()],
            "segment": [one.segment for one in ordered.values()],
            "language": [one.language for one in ordered.values()],
            "is_internal": Same(False),
            "is_minor": Same(False),
            "created_at": Same(moment(now)),
        },
    )


def _learn(
    given: Sequence[Given],
    people: Sequence[int],
    locked: dict[int, Known],
    keys: Sequence[Sequence[Key]],
    unknown: set[Key],
    writing: Writing,
) -> None:
    """Keep brand, segment and language as the newest interaction says. A name is set once; then people change it."""
    changed: dict[int, Customer] = {}
    for one, customer, mine in zip(given, people, keys, strict=True):
        row = locked[customer]
        if row.is_erased:  # who was forgotten on request is not learned again because a list is imported twice
            continue
        row.is_changed = row.is_changed or not unknown.isdisjoint(mine)
        brand, segment, language = one.brand or row.brand, one.segment or row.segment, one.language or row.language
        learns_name = bool(one.name) and not row.has_name
        if (brand, segment, language) == (row.brand, row.segment, row.language) and not learns_name:
            continue
        row.brand, row.segment, row.language, row.is_changed = brand, segment, language, True
        update = changed.setdefault(customer, Customer(id=customer))
        update.brand, update.segment, update.language = brand, segment, language
        if learns_name:
            update.name_sealed = vault().seal(one.name, place=name_place(customer))
            row.has_name = True
    if changed:
        writing.wait()
    named = [row for row in changed.values() if row.name_sealed is not None]
    others = [row for row in changed.values() if row.name_sealed is None]
    if named:
        Customer.objects.bulk_update(named, ["brand", "segment", "language", "name_sealed"])
    if others:
        Customer.objects.bulk_update(others, ["brand", "segment", "language"])
