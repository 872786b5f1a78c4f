"""Views and dashboards by mail: who gets which when, and sending what is due, each period once."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from zhiyin.ledger.record import record
from zhiyin.lib.errors import NotFound, Refused, StaleEdit
from zhiyin.messaging.actions import Alert, queue_alert
from zhiyin.people.access import Viewer, viewer_by_id
from zhiyin.people.queries import staff_cards, staff_of
from zhiyin.people.roles import GRANTS, Permission
from zhiyin.reports.explorer import keeping
from zhiyin.reports.explorer.events import ReportMailed, ScheduleChanged
from zhiyin.reports.explorer.mail import Subject, alert_for
from zhiyin.reports.explorer.models import NEXT, Schedule, ScheduleReader, ScheduleRun
from zhiyin.reports.explorer.rules import Rhythm, next_due

log = logging.getLogger("zhiyin.explorer")
LEASE = timedelta(minutes=5)
AT_ONCE = 20  # schedules of one round
MOST_READERS = 100
MOST_SCHEDULES = 50  # of one member of staff
TRIES = 5
SYSTEM = Viewer.system("explorer")


@dataclass(frozen=True)
class Wanted:
    """What a form says: the rhythm and the readers."""

    rhythm: Rhythm
    readers: tuple[int, ...]


@dataclass(frozen=True)
class ScheduleCard:
    id: int
    name: str
    view_id: int | None
    dashboard_id: int | None
    rhythm: str
    on_day: int
    at_minute: int
    is_active: bool
    due_at: datetime
    version: int
    is_own: bool
    owner: str
    readers: tuple[str, ...]
    reader_ids: tuple[int, ...]
    last_at: datetime | None

    @property
    def at(self) -> str:
        return f"{self.at_minute // 60:02d}:{self.at_minute % 60:02d}"


def may_read(*, by: Viewer) -> list[tuple[int, str]]:
    """Whom a report can be mailed to: those of one's units who may see figures, oneself first."""
    roles = [role for role, granted in GRANTS.items() if Permission.SEE_FIGURES in granted]
    found = [(card.id, f"{card.name} {card.code}".strip()) for card in staff_of(by=by, roles=roles)]
    return sorted(found, key=lambda one: one[0] != by.staff_id)


def schedules(*, by: Viewer) -> list[ScheduleCard]:
    """One's own, and those whose mails one gets."""
    mine = Q(owner_id=by.staff_id or 0)
    read = Q(pk__in=ScheduleReader.objects.filter(staff_id=by.staff_id or 0, left_at=None).values("schedule_id"))
    return _cards(_whole(Schedule.objects.filter(mine | read)), by=by)


def schedule_card(schedule_id: int, *, by: Viewer) -> ScheduleCard:
    """One's own schedule, or one that one reads. Raises NotFound."""
    found = next((card for card in schedules(by=by) if card.id == schedule_id), None)
    if found is None:
        raise _nothing()
    return found


def _whole(rows: QuerySet[Schedule]) -> QuerySet[Schedule]:
    """Those whose view or dashboard is still there."""
    there = Q(view__isnull=False, view__deleted_at=None) | Q(dashboard__isnull=False, dashboard__deleted_at=None)
    return rows.filter(there).select_related("view", "dashboard").order_by("due_at", "pk")


def _cards(rows: Iterable[Schedule], *, by: Viewer) -> list[ScheduleCard]:
    listed = list(rows)
    readers: dict[int, list[int]] = {}
    for schedule_id, staff_id in (
        ScheduleReader.objects.filter(schedule__in=listed, left_at=None)
        .order_by("pk")
        .values_list("schedule_id", "staff_id")
    ):
        readers.setdefault(schedule_id, []).append(staff_id)
    last = dict(ScheduleRun.objects.filter(schedule__in=listed).order_by("at").values_list("schedule_id", "at"))
    people = staff_cards({*(one for ids in readers.values() for one in ids), *(row.owner_id for row in listed)})
    return [
        ScheduleCard(
            id=row.pk,
            name=_subject(row).name,
            view_id=row.view_id,
            dashboard_id=row.dashboard_id,
            rhythm=row.rhythm,
            on_day=row.on_day,
            at_minute=row.at_minute,
            is_active=row.is_active,
            due_at=row.due_at,
            version=row.version,
            is_own=row.owner_id == by.staff_id,
            owner=people[row.owner_id].name if row.owner_id in people else "",
            readers=tuple(people[one].name for one in readers.get(row.pk, ()) if one in people),
            reader_ids=tuple(readers.get(row.pk, ())),
            last_at=last.get(row.pk),
        )
        for row in listed
    ]


def _subject(row: Schedule) -> Subject:
    """What is mailed, by name, with its questions in order."""
    if row.view is not None:
        return Subject(row.view.name, ((row.view.name, row.view.query),), is_dashboard=False, id=row.view.pk)
    board = row.dashboard
    assert board is not None, "the database keeps one of the two"
    rows = board.tiles.filter(view__deleted_at=None).order_by("place", "pk")
    asked = tuple(rows.values_list("view__name", "view__query"))
    return Subject(board.name, asked, is_dashboard=True, id=board.pk)


# Setting up


@transaction.atomic
def plan(
    wanted: Wanted, *, view_id: int | None = None, dashboard_id: int | None = None, by: Viewer, now: datetime
) -> int:
    """Mail a view or a dashboard that one sees. Raises NotFound, Refused."""
    by.require(Permission.SEE_FIGURES)
    if view_id is not None:
        keeping.view_card(view_id, by=by)
    else:
        keeping.dashboard_card(dashboard_id or 0, by=by)
    if Schedule.objects.filter(owner_id=by.staff_id or 0).count() >= MOST_SCHEDULES:
        raise Refused(
            _("You have %(most)s schedules already.") % {"most": MOST_SCHEDULES},
            next_step=_("Stop some that you no longer need."),
            code="too_many_schedules",
        )
    rhythm = wanted.rhythm
    row = Schedule.objects.create(
        owner_id=by.staff_id or 0,
        view_id=view_id,
        dashboard_id=dashboard_id if view_id is None else None,
        rhythm=rhythm.every,
        on_day=rhythm.on_day,
        at_minute=rhythm.at_minute,
        due_at=next_due(rhythm, after=now, zone=_zone()),
        created_at=now,
    )
    _write_readers(row, wanted.readers, by=by)
    _tell(row, "made", by=by, now=now)
    return row.pk


@transaction.atomic
def change(wanted: Wanted, *, schedule_id: int, version: int, by: Viewer, now: datetime) -> None:
    """Another rhythm, other readers. Raises StaleEdit when it was changed since ``version``."""
    row = _own(schedule_id, by=by)
    if row.version != version:
        raise StaleEdit(
            _("“%(name)s” has been changed meanwhile.") % {"name": _subject(row).name},
            next_step=_("What you typed is kept below. Look at it again, then save once more."),
        )
    rhythm = wanted.rhythm
    due = next_due(rhythm, after=now, zone=_zone())
    values = {"rhythm": rhythm.every, "on_day": rhythm.on_day, "at_minute": rhythm.at_minute}
    # Whoever holds it on a lease loses it: what was being put together was for the old readers.
    Schedule.objects.filter(pk=row.pk).update(
        **values, due_at=due, version=NEXT, leased_until=None, fencing=F("fencing") + 1, failures=0
    )
    _write_readers(row, wanted.readers, by=by)
    _tell(row, "changed", by=by, now=now)


@transaction.atomic
def switch(*, schedule_id: int, on: bool, by: Viewer, now: datetime) -> None:
    """Its owner stops or starts all of it. What was due while it stood still is not mailed afterwards."""
    row = _own(schedule_id, by=by)
    due = next_due(_rhythm(row), after=now, zone=_zone())
    Schedule.objects.filter(pk=row.pk).update(
        is_active=on, due_at=due, version=NEXT, leased_until=None, fencing=F("fencing") + 1, failures=0
    )
    _tell(row, "started" if on else "stopped", by=by, now=now)


@transaction.atomic
def leave(*, schedule_id: int, by: Viewer, now: datetime) -> None:
    """A reader wants no more of these mails. The others go on getting theirs."""
    rows = ScheduleReader.objects.filter(schedule_id=schedule_id, staff_id=by.staff_id or 0, left_at=None)
    if not rows.update(left_at=now):
        raise _nothing()
    _tell(Schedule.objects.get(pk=schedule_id), "left", by=by, now=now)


def _own(schedule_id: int, *, by: Viewer) -> Schedule:
    row = Schedule.objects.select_for_update().filter(pk=schedule_id, owner_id=by.staff_id or 0).first()
    if row is None:
        raise _nothing()
    return row


def _nothing() -> NotFound:
    return NotFound(_("There is nothing at this address."), next_step=_("Check the number, or go back to the list."))


def _write_readers(row: Schedule, wanted: Sequence[int], *, by: Viewer) -> None:
    """Only those whom the owner may choose; who has left themselves is not brought back by another change."""
    allowed = {identifier for identifier, _name in may_read(by=by)}
    chosen = [one for one in dict.fromkeys(wanted) if one in allowed][:MOST_READERS]
    if not chosen:
        raise Refused(_("Choose at least one reader."), next_step=_("You can choose yourself."), code="no_readers")
    ScheduleReader.objects.filter(schedule=row).exclude(staff_id__in=chosen).filter(left_at=None).delete()
    there = set(ScheduleReader.objects.filter(schedule=row).values_list("staff_id", flat=True))
    ScheduleReader.objects.bulk_create(ScheduleReader(schedule=row, staff_id=one) for one in chosen if one not in there)
    # Choosing oneself again after leaving is one's own word.
    ScheduleReader.objects.filter(schedule=row, staff_id__in=[by.staff_id] if by.staff_id in chosen else []).update(
        left_at=None
    )


def _rhythm(row: Schedule) -> Rhythm:
    return Rhythm(row.rhythm, row.at_minute, row.on_day)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def _tell(row: Schedule, what: str, *, by: Viewer, now: datetime) -> None:
    record(ScheduleChanged(row.pk, what), by=by, now=now, subject=f"schedule:{row.pk}", unit_id=by.unit_id)


# Sending


def mail_what_is_due(*, clock: Callable[[], datetime]) -> int:
    """Take what is due, put each reader's own mail together, queue them and move on, one schedule after the other.

    Any number of workers may run this. Returns how many schedules went out.
    """
    now = clock()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    due = Schedule.objects.filter(free, is_active=True, due_at__lte=now).order_by("due_at", "pk")
    sent = 0
    for schedule_id, fencing in list(due.values_list("pk", "fencing")[:AT_ONCE]):
        held = Schedule.objects.filter(pk=schedule_id, fencing=fencing, is_active=True, due_at__lte=now).filter(free)
        if held.update(leased_until=now + LEASE, fencing=fencing + 1):
            sent += _mail_one(schedule_id, fencing + 1, now=clock())
    return sent


def _mail_one(schedule_id: int, fencing: int, *, now: datetime) -> int:
    row = _whole(Schedule.objects.filter(pk=schedule_id)).first()
    if row is None:  # its view was deleted: nothing goes out, and the next look is a period later
        _move_on(Schedule.objects.get(pk=schedule_id), fencing, now=now)
        return 0
    try:
        alerts, without_right = _alerts(row, now=now)
    except Exception:
        log.exception("The schedule %s could not be put together", schedule_id)
        _failed(row, fencing, now=now)
        return 0
    try:
        with transaction.atomic():
            if not _move_on(row, fencing, now=now):
                return 0  # somebody else has it by now
            ScheduleRun.objects.create(
                schedule=row, due_at=row.due_at, at=now, readers=len(alerts), without_right=without_right
            )
            queue_alert(alerts, now=now)
            fact = ReportMailed(row.pk, row.due_at.isoformat(), len(alerts), without_right)
            record(fact, by=SYSTEM, now=now, subject=f"schedule:{row.pk}")
    except IntegrityError:  # this period has gone out already
        _move_on(row, fencing, now=now)
        return 0
    return 1


def _alerts(row: Schedule, *, now: datetime) -> tuple[list[Alert], int]:
    """One mail for each reader, in their language, of what they may see at this moment."""
    subject = _subject(row)
    alerts, without_right = [], 0
    for staff_id in row.readers.filter(left_at=None).order_by("pk").values_list("staff_id", flat=True):
        try:
            reader = viewer_by_id(staff_id)
        except NotFound:  # has left the organisation
            without_right += 1
            continue
        if not reader.may(Permission.SEE_FIGURES):
            without_right += 1
            continue
        alerts.append(alert_for(subject, schedule_id=row.pk, reader=reader, now=now))
    return alerts, without_right


def _move_on(row: Schedule, fencing: int, *, now: datetime) -> bool:
    """To the next period after now: missed ones are not made up for. False when the lease has changed hands."""
    due = next_due(_rhythm(row), after=now, zone=_zone())
    held = Schedule.objects.filter(pk=row.pk, fencing=fencing)
    return bool(held.update(due_at=due, leased_until=None, fencing=fencing + 1, failures=0))


def _failed(row: Schedule, fencing: int, *, now: datetime) -> None:
    """Try again when the lease has run out; after some tries the period is given up."""
    if row.failures + 1 >= TRIES:
        _move_on(row, fencing, now=now)
        return
    Schedule.objects.filter(pk=row.pk, fencing=fencing).update(failures=F("failures") + 1)
