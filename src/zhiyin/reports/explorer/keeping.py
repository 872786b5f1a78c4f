"""Saved views and dashboards: who sees them, who may change them, and every change in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from zhiyin.ledger.record import record
from zhiyin.lib.errors import NotFound, Refused, StaleEdit
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards, unit_names, units_of
from zhiyin.people.roles import Permission, Role
from zhiyin.reports.explorer.events import (
    DashboardChanged,
    ViewDeleted,
    ViewRestored,
    ViewSaved,
    ViewShared,
)
from zhiyin.reports.explorer.models import NEXT, Dashboard, Kept, SavedView, Tile

SHOWN_FOR = 8  # seconds that the way back is shown
BACK_WITHIN = timedelta(minutes=5)  # and how long it is open
MOST = 200  # views or dashboards of one member of staff
TILES = 24
K = TypeVar("K", bound=Kept)
Kind = Literal["view", "dashboard"]
KINDS: Mapping[Kind, type[Kept]] = {"view": SavedView, "dashboard": Dashboard}


@dataclass(frozen=True)
class Audience:
    """Whom something is shared with. Without a unit: with nobody."""

    unit_id: int | None = None
    role: str = ""


@dataclass(frozen=True)
class KeptCard:
    """A saved view or a dashboard as lists show it."""

    id: int
    name: str
    query: str
    version: int
    is_own: bool
    owner: str
    shared_unit: str
    shared_unit_id: int | None
    shared_role: str
    shared_role_name: str
    updated_at: datetime


@dataclass(frozen=True)
class TileCard:
    id: int
    view_id: int
    name: str
    query: str


class NameMissing(Refused):
    """Nothing can be kept without a name."""

    code = "name_missing"


# Who sees what


def views(*, by: Viewer) -> list[KeptCard]:
    """Own ones first, then what others share."""
    return _cards(_visible(SavedView.objects.all(), by), by=by)


def dashboards(*, by: Viewer) -> list[KeptCard]:
    return _cards(_visible(Dashboard.objects.all(), by), by=by)


def view_card(view_id: int, *, by: Viewer) -> KeptCard:
    """Raises NotFound, whether it is absent or not shared with this viewer."""
    return _cards([_one(SavedView, view_id, by)], by=by)[0]


def dashboard_card(dashboard_id: int, *, by: Viewer) -> KeptCard:
    return _cards([_one(Dashboard, dashboard_id, by)], by=by)[0]


def own_card(kind: Kind, kept_id: int, *, by: Viewer, deleted: bool = False) -> KeptCard:
    """One's own, to change it. What others share is theirs to change, and looks like nothing here."""
    return _cards([_own(KINDS[kind], kept_id, by, deleted=deleted)], by=by)[0]


def tiles(dashboard_id: int, *, by: Viewer) -> list[TileCard]:
    """The tiles of a dashboard that the viewer sees, in their order."""
    row = _one(Dashboard, dashboard_id, by)
    shared = _visible(SavedView.objects.all(), by).values("pk")
    shown = row.tiles.filter(view__deleted_at=None).filter(Q(view__owner_id=row.owner_id) | Q(view_id__in=shared))
    return [
        TileCard(tile.pk, tile.view_id, tile.view.name, tile.view.query)
        for tile in shown.select_related("view").order_by("place", "pk")
    ]


def tile_card(dashboard_id: int, tile_id: int, *, by: Viewer) -> TileCard:
    found = next((tile for tile in tiles(dashboard_id, by=by) if tile.id == tile_id), None)
    if found is None:
        raise _nothing()
    return found


def _visible(rows: QuerySet[K], by: Viewer) -> QuerySet[K]:
    """One's own, and what is shared with one's unit or one above it, for all or for one's role."""
    shared = Q(shared_unit_id__in=above(by.unit_id)) & (Q(shared_role="") | Q(shared_role=by.role))
    own = Q(owner_id=by.staff_id) if by.staff_id else Q(pk__in=[])
    return rows.filter(own | shared, deleted_at=None)


def above(unit_id: int | None) -> list[int]:
    """The unit and all above it."""
    parents = {unit.id: unit.parent_id for unit in units_of(by=Viewer.system("explorer"))}
    found: list[int] = []
    while unit_id is not None and unit_id in parents:
        found.append(unit_id)
        unit_id = parents[unit_id]
    return found


def _one(kind: type[K], kept_id: int, by: Viewer) -> K:
    row = _visible(kind._default_manager.all(), by).filter(pk=kept_id).first()
    if row is None:
        raise _nothing()
    return row


def _own(kind: type[K], kept_id: int, by: Viewer, *, deleted: bool = False, lock: bool = False) -> K:
    rows = kind._default_manager.filter(pk=kept_id, owner_id=by.staff_id or 0, deleted_at__isnull=not deleted)
    row = (rows.select_for_update() if lock else rows).first()
    if row is None:
        raise _nothing()
    return row


def _nothing() -> NotFound:
    return NotFound(_("There is nothing at this address."), next_step=_("Check the number, or go back to the list."))


def _cards(rows: Iterable[Kept], *, by: Viewer) -> list[KeptCard]:
    listed = list(rows)
    owners = staff_cards({row.owner_id for row in listed})
    units = unit_names({row.shared_unit_id for row in listed if row.shared_unit_id}, by.language)
    roles = {str(value): str(label) for value, label in Role.choices}
    found = [
        KeptCard(
            id=row.pk,
            name=row.name,
            query=getattr(row, "query", ""),
            version=row.version,
            is_own=row.owner_id == by.staff_id,
            owner=owners[row.owner_id].name if row.owner_id in owners else "",
            shared_unit=units.get(row.shared_unit_id or 0, ""),
            shared_unit_id=row.shared_unit_id,
            shared_role=row.shared_role,
            shared_role_name=roles.get(row.shared_role, ""),
            updated_at=row.updated_at,
        )
        for row in listed
    ]
    return sorted(found, key=lambda card: (not card.is_own, card.name, card.id))


# Changes


def audience_of(unit: str, role: str, *, by: Viewer) -> Audience:
    """Whom a form names. A unit that the sharer does not see is one that there is not."""
    if not unit:
        return Audience()
    found = next((one.id for one in units_of(by=by) if one.code == unit), None)
    if found is None:
        raise NotFound(_("There is no such unit."), next_step=_("Choose one from the list."))
    return Audience(found, role if role in Role.values else "")


@transaction.atomic
def save_view(*, name: str, query: str, audience: Audience, by: Viewer, now: datetime) -> int:
    """Keep a question under a name. Raises NameMissing, TooMany."""
    by.require(Permission.SEE_FIGURES)
    row = _new(SavedView, name, audience, by=by, now=now, query=query)
    record(ViewSaved(row.pk, query, True), by=by, now=now, subject=f"view:{row.pk}", unit_id=by.unit_id)
    _tell_sharing(row, Audience(), by=by, now=now)
    return row.pk


@transaction.atomic
def change_view(
    *, view_id: int, name: str, query: str, audience: Audience, version: int, by: Viewer, now: datetime
) -> None:
    """Rename, share, ask something else. Raises StaleEdit when it was changed since ``version``."""
    row = _own(SavedView, view_id, by, lock=True)
    _not_stale(row, version)
    before, asked = Audience(row.shared_unit_id, row.shared_role), row.query
    _write(row, name, audience, now=now, query=query)
    if asked != query or row.name != name:
        record(ViewSaved(row.pk, query, False), by=by, now=now, subject=f"view:{row.pk}", unit_id=by.unit_id)
    _tell_sharing(row, before, by=by, now=now)


@transaction.atomic
def make_dashboard(*, name: str, audience: Audience, by: Viewer, now: datetime) -> int:
    by.require(Permission.SEE_FIGURES)
    row = _new(Dashboard, name, audience, by=by, now=now)
    _tell_dashboard(row, "made", by=by, now=now)
    return row.pk


@transaction.atomic
def change_dashboard(
    *, dashboard_id: int, name: str, audience: Audience, version: int, by: Viewer, now: datetime
) -> None:
    row = _own(Dashboard, dashboard_id, by, lock=True)
    _not_stale(row, version)
    is_shared_anew = (row.shared_unit_id, row.shared_role) != (audience.unit_id, audience.role)
    _write(row, name, audience, now=now)
    _tell_dashboard(row, "shared" if is_shared_anew else "renamed", by=by, now=now)


@transaction.atomic
def delete(kind: Kind, kept_id: int, *, by: Viewer, now: datetime) -> None:
    """Gone from every list; ``restore`` brings it back for a while."""
    row = _own(KINDS[kind], kept_id, by, lock=True)
    type(row)._default_manager.filter(pk=row.pk).update(deleted_at=now, version=NEXT)
    _tell_going(row, is_back=False, by=by, now=now)


@transaction.atomic
def restore(kind: Kind, kept_id: int, *, by: Viewer, now: datetime) -> None:
    """Take a deletion back; what is there already stays. Raises Refused when it is too late."""
    row = KINDS[kind]._default_manager.select_for_update().filter(pk=kept_id, owner_id=by.staff_id or 0).first()
    if row is None:
        raise _nothing()
    if row.deleted_at is None:
        return
    if now - row.deleted_at > BACK_WITHIN:
        raise Refused(_("It is too late to take this back."), next_step=_("Save the view again."), code="undo_too_late")
    type(row)._default_manager.filter(pk=row.pk).update(deleted_at=None, version=NEXT)
    _tell_going(row, is_back=True, by=by, now=now)


@transaction.atomic
def pin(*, dashboard_id: int, view_id: int, by: Viewer, now: datetime) -> None:
    """Put a view on one's own dashboard, last; a view that stands there already stays where it is."""
    row = _own(Dashboard, dashboard_id, by, lock=True)
    view = _one(SavedView, view_id, by)
    if row.tiles.filter(view=view).exists():
        return
    if row.tiles.count() >= TILES:
        raise Refused(
            _("A dashboard holds %(most)s tiles at most.") % {"most": TILES},
            next_step=_("Take one off, or make another dashboard."),
            code="dashboard_full",
        )
    last = row.tiles.aggregate(last=Max("place"))["last"] or 0
    Tile.objects.create(dashboard=row, view=view, place=last + 1)
    _tell_dashboard(row, "pinned", by=by, now=now)


@transaction.atomic
def unpin(*, dashboard_id: int, tile_id: int, by: Viewer, now: datetime) -> None:
    row = _own(Dashboard, dashboard_id, by, lock=True)
    if not row.tiles.filter(pk=tile_id).delete()[0]:
        raise _nothing()
    _tell_dashboard(row, "unpinned", by=by, now=now)


@transaction.atomic
def move(*, dashboard_id: int, tile_id: int, step: int = 0, onto: int | None = None, by: Viewer, now: datetime) -> None:
    """A tile one place up or down, or to the place of another one (``onto``). Raises NotFound."""
    row = _own(Dashboard, dashboard_id, by, lock=True)
    order = list(row.tiles.order_by("place", "pk").values_list("pk", flat=True))
    if tile_id not in order or (onto is not None and onto not in order):
        raise _nothing()
    here = order.index(tile_id)
    there = order.index(onto) if onto is not None else min(max(here + step, 0), len(order) - 1)
    order.insert(there, order.pop(here))
    for place, identifier in enumerate(order, 1):
        Tile.objects.filter(pk=identifier).exclude(place=place).update(place=place)
    _tell_dashboard(row, "moved", by=by, now=now)


def _new(kind: type[K], name: str, audience: Audience, *, by: Viewer, now: datetime, **rest: str) -> K:
    if kind._default_manager.filter(owner_id=by.staff_id or 0, deleted_at=None).count() >= MOST:
        raise Refused(
            _("You keep %(most)s of these already.") % {"most": MOST},
            next_step=_("Delete some that you no longer use."),
            code="too_many_kept",
        )
    return kind._default_manager.create(
        owner_id=by.staff_id or 0,
        name=_named(name),
        shared_unit_id=audience.unit_id,
        shared_role=audience.role,
        created_at=now,
        updated_at=now,
        **rest,
    )


def _write(row: Kept, name: str, audience: Audience, *, now: datetime, **rest: str) -> None:
    values = {"name": _named(name), "shared_unit_id": audience.unit_id, "shared_role": audience.role, **rest}
    type(row)._default_manager.filter(pk=row.pk).update(**values, updated_at=now, version=NEXT)
    for key, value in values.items():
        setattr(row, key, value)


def _named(name: str) -> str:
    written = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:80]
    if not written:
        raise NameMissing(_("Give it a name."), next_step=_("One that you will recognise in the list."))
    return written


def _not_stale(row: Kept, version: int) -> None:
    if row.version != version:
        raise StaleEdit(
            _("“%(name)s” has been changed meanwhile.") % {"name": row.name},
            next_step=_("What you typed is kept below. Look at it again, then save once more."),
        )


def _tell_sharing(row: SavedView, before: Audience, *, by: Viewer, now: datetime) -> None:
    if (row.shared_unit_id, row.shared_role) != (before.unit_id, before.role):
        fact = ViewShared(row.pk, row.shared_unit_id, row.shared_role)
        record(fact, by=by, now=now, subject=f"view:{row.pk}", unit_id=by.unit_id)


def _tell_dashboard(row: Dashboard, what: str, *, by: Viewer, now: datetime) -> None:
    fact = DashboardChanged(row.pk, what, row.shared_unit_id, row.shared_role)
    record(fact, by=by, now=now, subject=f"dashboard:{row.pk}", unit_id=by.unit_id)


def _tell_going(row: Kept, *, is_back: bool, by: Viewer, now: datetime) -> None:
    if isinstance(row, Dashboard):
        _tell_dashboard(row, "restored" if is_back else "deleted", by=by, now=now)
        return
    fact = ViewRestored(row.pk) if is_back else ViewDeleted(row.pk)
    record(fact, by=by, now=now, subject=f"view:{row.pk}", unit_id=by.unit_id)


def forget_deleted(*, now: datetime) -> int:
    """What was deleted a day ago goes for good, with its tiles and schedules."""
    old = Q(deleted_at__lt=now - timedelta(days=1))
    return sum(kind._default_manager.filter(old).delete()[0] for kind in KINDS.values())
