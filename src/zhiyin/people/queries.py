"""Questions about people. What leaves here is masked, except through ``address_of`` and ``reveal`` in actions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db.models import OuterRef, Q, QuerySet

from zhiyin.ledger.columns import columns_of
from zhiyin.ledger.reading import any_of_ids, rows
from zhiyin.lib.masking import mask_name
from zhiyin.lib.text import Text, pick
from zhiyin.people.access import Viewer, visible
from zhiyin.people.models import Consent, Customer, Identity, Merge, Organisation, Staff, Unit
from zhiyin.people.rules import BITS, USUAL_BASIS, Basis, Purpose, may_write
from zhiyin.people.vault import identity_place, name_place, vault

HASH_ONLY = Q(masked="")  # an erased person's handle, or a stranger's who refused: only the keyed hash is left


@dataclass(frozen=True)
class CustomerCard:
    """A customer as screens show them."""

    id: int
    name: str
    phone: str
    external_id: str
    brand: str
    segment: str
    opted_out: bool
    is_erased: bool
    email: str = ""
    wechat: str = ""
    wecom: str = ""
    refuses: int = 0
    agrees: int = 0
    is_internal: bool = False
    is_minor: bool = False
    has_open_legal_case: bool = False
    language: str = ""


@dataclass(frozen=True)
class StaffCard:
    id: int
    name: str
    code: str
    role: str
    unit_id: int
    is_away: bool


@dataclass(frozen=True)
class UnitCard:
    id: int
    code: str
    name: str
    kind: str
    depth: int
    parent_id: int | None


@dataclass(frozen=True)
class OrganisationCard:
    name: Text
    pack: str
    paused_by: str
    pause_reason: str
    is_paused: bool


def organisation() -> OrganisationCard | None:
    """The one organisation, or None on a fresh installation."""
    row = Organisation.objects.first()
    if row is None:
        return None
    return OrganisationCard(
        row.name, row.pack, row.outreach_paused_by, row.outreach_pause_reason, row.outreach_paused_at is not None
    )


def customer_cards(ids: Iterable[int | None], *, by: Viewer) -> dict[int, CustomerCard]:
    """Cards, masked, for customers whose interactions the caller has already been allowed to see."""
    wanted = {one for one in ids if one is not None}
    handles: dict[int, dict[str, str]] = {}
    for customer, kind, masked in Identity.objects.filter(customer_id__in=wanted).values_list(
        "customer_id", "kind", "masked"
    ):
        handles.setdefault(customer, {}).setdefault(kind, masked)
    cards = {}
    for row in Customer.objects.filter(pk__in=wanted):
        name = vault().open(bytes(row.name_sealed), place=name_place(row.pk)) if row.name_sealed else ""
        mine = handles.get(row.pk, {})
        cards[row.pk] = CustomerCard(
            id=row.pk,
            name=mask_name(name) if name else "",
            phone=mine.get("phone", ""),
            external_id=mine.get("external", ""),
            brand=row.brand,
            segment=row.segment,
            opted_out=row.opted_out_at is not None,
            is_erased=row.erased_at is not None,
            email=mine.get("email", ""),
            wechat=mine.get("wechat", ""),
            wecom=mine.get("wecom", ""),
            refuses=row.refuses,
            agrees=row.agrees,
            is_internal=row.is_internal,
            is_minor=row.is_minor,
            has_open_legal_case=row.has_open_legal_case,
            language=row.language,
        )
    return cards


def address_of(identity_id: int) -> str | None:
    """The full phone or e-mail behind an identity, for the moment of sending only. None when it was erased."""
    return addresses_of([identity_id]).get(identity_id)


def addresses_of(identity_ids: Iterable[int]) -> dict[int, str]:
    """Many addresses with one query, for the moment of sending only."""
    return {
        row.pk: vault().open(bytes(row.value_sealed), place=identity_place(row.pk))
        for row in Identity.objects.filter(pk__in=list(identity_ids)).exclude(HASH_ONLY)
    }


def look_into_the_vault() -> None:
    """Open the oldest and the newest address there is. Raises Unreadable when the keys at hand are not the ones."""
    kept = Identity.objects.exclude(HASH_ONLY)
    for row in (kept.order_by("pk").first(), kept.order_by("-pk").first()):
        if row is not None:
            vault().open(bytes(row.value_sealed), place=identity_place(row.pk))


@dataclass(frozen=True, slots=True)
class Reach:
    """How a customer can be reached: which identity, and what kind of phone it is."""

    identity_id: int
    kind: str
    reach: str


def reaches(customer_ids: Iterable[int], *, kinds: Iterable[str] = ("phone", "email")) -> dict[int, list[Reach]]:
    """Phones and e-mails of customers (``wechat`` and ``wecom`` for who asks for them), newest first."""
    wanted, whose = set(kinds), set(customer_ids)
    if not whose:
        return {}
    which, customers = any_of_ids(whose)
    order = "ORDER BY seen_at DESC, id DESC"
    found: dict[int, list[Reach]] = {}
    # The kind is looked at here: before a table is analysed, PostgreSQL would look for everybody's phones by it.
    for customer, identifier, kind, reach in rows(
        f"{_REACHES} WHERE customer_id {which} AND masked <> '' {order}", [customers]
    ):
        if kind in wanted:
            found.setdefault(customer, []).append(Reach(identifier, kind, reach))
    return found


_REACHES = "SELECT customer_id, id, kind, reach FROM people_identity"


def current_identity(customer_id: int, channel: str) -> int | None:
    """The identity to use on this channel: the newest mobile for SMS, the newest e-mail for e-mail."""
    for reach in reaches([customer_id]).get(customer_id, []):
        if channel == "email" and reach.kind == "email":
            return reach.identity_id
        if channel != "email" and reach.kind == "phone" and reach.reach == "mobile":
            return reach.identity_id
    return None


def merged_ids(customer_ids: Iterable[int]) -> dict[int, int]:
    """Former customers that are now one of these: former id → who they are now."""
    rows = Customer.objects.filter(merged_into__among=list(customer_ids)).values_list("id", "merged_into")
    return {former: now for former, now in rows if now is not None}


def now_are(customer_ids: Iterable[int]) -> dict[int, int]:
    """For those among these customers who were merged into another: former id → who they are now."""
    rows = Customer.objects.filter(pk__among=list(customer_ids), merged_into__isnull=False)
    return {pk: other for pk, other in rows.values_list("pk", "merged_into") if other is not None}


def whole_person(customer_id: int) -> list[int]:
    """A customer's ids: who they are now first, then every former one. The one asked for may be a former one."""
    person = now_are([customer_id]).get(customer_id, customer_id)
    return [person, *sorted(merged_ids([person]))]


@dataclass(frozen=True)
class PurposeCard:
    """How one purpose stands for one person. ``since`` is None where no word of theirs is on record."""

    purpose: Purpose
    is_on: bool
    is_refused: bool
    basis: Basis
    since: datetime | None = None
    source: str = ""
    text_version: str = ""


@dataclass(frozen=True)
class Preferences:
    """What a person allows, purpose by purpose."""

    customer_id: int
    is_erased: bool
    opted_out: bool
    purposes: tuple[PurposeCard, ...] = field(default_factory=tuple)


def preferences(customer_id: int) -> Preferences | None:
    """How a person stands to being written to; None where there is no such customer."""
    ids = whole_person(customer_id)
    row = Customer.objects.filter(pk=ids[0]).first()
    if row is None:
        return None
    newest: dict[str, Consent] = {}
    for consent in Consent.objects.filter(customer_id__in=ids).order_by("recorded_at", "id"):
        newest[consent.purpose] = consent
    cards = tuple(_purpose_card(purpose, row, newest.get(purpose)) for purpose in BITS)
    return Preferences(row.pk, row.erased_at is not None, row.opted_out_at is not None, cards)


def _purpose_card(purpose: Purpose, row: Customer, said: Consent | None) -> PurposeCard:
    is_on = may_write(purpose, refuses=row.refuses, agrees=row.agrees)
    is_refused = bool(row.refuses & BITS[purpose])
    if is_refused:
        since = said.withdrawn_at if said else row.opted_out_at
        return PurposeCard(purpose, is_on, is_refused, USUAL_BASIS[purpose], since, said.withdrawn_how if said else "")
    if said is None or said.given_at is None or said.withdrawn_at is not None:
        return PurposeCard(purpose, is_on, is_refused, USUAL_BASIS[purpose])
    return PurposeCard(purpose, is_on, is_refused, Basis(said.basis), said.given_at, said.source, said.text_version)


@dataclass(frozen=True)
class MergeCard:
    """A merge that stands. ``can_undo``: it is the newest of who stayed."""

    kept: int
    merged: int
    at: datetime
    because: str
    can_undo: bool


def merges_of(customer_id: int) -> list[MergeCard]:
    """Who was merged into this customer, newest first."""
    rows = Merge.objects.filter(kept=customer_id, undone_at=None).order_by("-id")
    return [MergeCard(row.kept, row.merged, row.at, row.because, not place) for place, row in enumerate(rows)]


def staff_addresses(ids: Iterable[int]) -> dict[int, str]:
    """The e-mail addresses of active staff, for the moment of sending only."""
    rows = Staff.objects.filter(pk__in=list(ids), is_active=True, email__isnull=False)
    return {pk: email for pk, email in rows.values_list("pk", "email") if email}


def staff_cards(ids: Iterable[int | None]) -> dict[int, StaffCard]:
    rows = Staff.objects.filter(pk__in={one for one in ids if one is not None})
    return {row.pk: StaffCard(row.pk, row.name, row.code or "", row.role, row.unit_id, row.is_away) for row in rows}


def staff_of(*, by: Viewer, roles: Iterable[str] = ()) -> list[StaffCard]:
    """Active staff of the viewer's units, by name."""
    rows = visible(Staff.objects.filter(is_active=True), by=by).order_by("name", "pk")
    if wanted := list(roles):
        rows = rows.filter(role__in=wanted)
    return [StaffCard(row.pk, row.name, row.code or "", row.role, row.unit_id, row.is_away) for row in rows]


def units_of(*, by: Viewer) -> list[UnitCard]:
    """The viewer's part of the tree, in tree order."""
    return [
        UnitCard(row.pk, row.code, pick(row.name, by.language), row.kind, row.path.count("/") - 2, row.parent_id)
        for row in visible(Unit.objects.order_by("path"), by=by, unit="pk")
    ]


def unit_names(ids: Iterable[int], language: str) -> dict[int, str]:
    return {row.pk: pick(row.name, language) for row in Unit.objects.filter(pk__in=set(ids))}


@dataclass(frozen=True)
class StaffRow:
    id: int
    name: str
    code: str
    email: str
    role: str
    unit: str
    is_active: bool


def staff_page(*, by: Viewer) -> dict[str, object]:
    """Units in tree order and everybody in them, for the people page of the settings."""
    units = units_of(by=by)
    names = {unit.id: unit.name for unit in units}
    rows = [
        StaffRow(
            row.pk, row.name, row.code or "", row.email or "", row.get_role_display(), names[row.unit_id], row.is_active
        )
        for row in visible(Staff.objects.order_by("unit__path", "name", "pk"), by=by)
    ]
    return {"units": units, "staff": rows}


def staff_by_code(codes: Iterable[str], *, by: Viewer) -> dict[str, StaffCard]:
    """Code → card, only of the viewer's units."""
    wanted = list(codes)
    if not wanted:
        return {}
    return {
        row.code or "": StaffCard(row.pk, row.name, row.code or "", row.role, row.unit_id, row.is_away)
        for row in visible(Staff.objects.filter(code__in=wanted), by=by)
    }


def unit_codes(ids: Iterable[int]) -> dict[int, str]:
    return dict(Unit.objects.filter(pk__in=set(ids)).values_list("pk", "code"))


def root_unit_code() -> str:
    return Unit.objects.filter(parent=None).values_list("code", flat=True).first() or ""


def in_group(*, brand: str = "", segment: str = "") -> QuerySet[Customer, int]:
    """The ids of the customers of this brand, this segment or both: a subquery for what else names a customer."""
    wanted = {"brand": brand, "segment": segment}
    rows = Customer.objects.filter(**{name: value for name, value in wanted.items() if value})
    return rows.values_list("pk", flat=True)


def of_customer(name: str) -> QuerySet[Customer, Any]:
    """Brand or segment of the customer that the outer row names in ``customer_id``: a subquery to group by."""
    return Customer.objects.filter(pk=OuterRef("customer_id")).values_list(name)[:1]


def group_columns(ids: Iterable[int]) -> pa.Table:
    """Brand and segment of many customers at once: what figures are cut by, and nothing that names a person."""
    return columns_of(Customer, ("id", "brand", "segment"), among=ids)


def customer_groups(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Brand and segment: what figures are cut by, and nothing that names a person."""
    rows = Customer.objects.filter(pk__among=list(ids)).values_list("id", "brand", "segment")
    return {pk: (brand, segment) for pk, brand, segment in rows}
