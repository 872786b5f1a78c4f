"""What happened, as columns for a rehearsal: interactions of the record, or a file of events. Read only.

An interaction stands at the time when it ended, as in a file, whenever its report came in: what was reported too late
to be asked about, or imported with a year of others, is rehearsed as if it had been told at once.

What else was sent counts as it happened, under every policy: the messages before the days that are replayed, reminders,
care messages, surveys about cases, what other units sent, and answers where a policy counts them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import Case, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from zhiyin.journey.queries import journey_map, when_and_by_whom
from zhiyin.ledger.reading import Micros
from zhiyin.lib.errors import Refused
from zhiyin.lib.ids import EPOCH, first_id_at
from zhiyin.messaging.queries import CONTACTS, sent_between
from zhiyin.outreach.models import NOBODY, Decision, Invitation
from zhiyin.outreach.pressure import KINDS
from zhiyin.outreach.rules import Kind, Policy
from zhiyin.outreach.simulate.columns import Columns, needed_by
from zhiyin.outreach.simulate.engine import engine_for
from zhiyin.outreach.simulate.events import Events, read_events
from zhiyin.outreach.simulate.run import _columns as columns_of_file
from zhiyin.outreach.waiting import LONGEST_WAIT
from zhiyin.people.access import Viewer, visible
from zhiyin.people.queries import customer_groups, now_are, unit_codes, units_of

MOST = 1_000_000  # events; a rehearsal is a matter of seconds
MOST_BYTES = 100 * 1024 * 1024
PART = 20_000  # rows that are in Python's hands at a time
PEOPLE = 50_000  # customers that one statement asks about
# What no policy changes: nobody could have been asked here, whatever the limits are.
NEVER = (
    *("internal_only", "no_survey", "under_14", "open_legal_case", "no_address", "no_mobile", "channel_refused"),
    *("opted_out", "do_not_contact"),
)
# Of these, what a policy can lift: the flag of ``[exclude]`` that keeps it.
FLAGGED = {"internal_only": "internal", "under_14": "under_14", "open_legal_case": "open_legal_case"}
LONGEST_LIFE = timedelta(days=60)  # of an invitation that is answered: a link lives 30 days, and so does a reminder's
PLACES: tuple[str, ...] = ("touchpoint", "scenario", "unit")
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Past:
    """The events, and what their numbers stand for.

    ``keys`` names the codes of a column as the map does; ``people`` holds the customer's id for each number, or is None
    where a file brought its own (``called``). ``left_out``: interactions that no policy could have asked about.
    """

    columns: Columns
    keys: dict[str, Callable[[], list[str]]]
    people: Codes | None = None
    called: Callable[[], list[str]] | None = None
    left_out: int = 0
    is_cut: bool = False  # there were more; these are the newest
    long_ago: int = 0  # told within the days, and ended before them
    flagged: int = 0  # of ``left_out``: internal, under 14 or in court, though one of the policies would ask them
    counted: int = 0  # messages and answers that stand there as they happened
    counted_since: datetime | None = None  # there were more of those; only the ones since then count


def from_record(*, days: int, policies: Iterable[Policy], by: Viewer, now: datetime, most: int = MOST) -> Past:
    """The interactions of the last ``days`` within the viewer's units, each at the time when it ended; and, only to be
    counted, whatever else their customers were sent, by any unit."""
    policies = list(policies)
    since = now - timedelta(days=days)
    rows = visible(Decision.objects.filter(pk__gte=first_id_at(since), at__gte=since, at__lte=now), by=by)
    asked = rows.exclude(reason__in=NEVER)
    names = ("pk", "customer_id", "scenario_id", "touchpoint_id", "unit_id")
    newest = asked.order_by("-pk").values_list(*names)[: most + 1]
    found = _read(newest.iterator(chunk_size=PART), columns=5)
    is_cut = len(found[0]) > most
    found = [column[:most][::-1] for column in found]
    at, staff = _told(found[0])
    within = at >= _micros(since)  # not what an import brought that happened long before
    long_ago = len(at) - int(within.sum())
    ids, customers, scenarios, touchpoints, units = (column[within] for column in found)
    at, staff = at[within], staff[within]
    first = _moment(int(at.min())) if is_cut and len(at) else since
    besides = _happened(ids, customers, first, policies, now=now, most=most)
    extra = len(besides.at)
    people, customer = _people(np.concatenate((customers, besides.customer)))
    places = {
        "scenario": np.concatenate((scenarios, besides.scenario)),
        "touchpoint": np.concatenate((touchpoints, besides.touchpoint)),
        "unit": np.concatenate((units, besides.unit)),
    }
    columns = Columns(
        customer=customer.astype(np.int32),
        at=np.concatenate((at, besides.at)),
        customers=len(people),
        staff=_numbered(np.concatenate((staff, besides.staff))),
        kind=np.concatenate((np.full(len(ids), Kind.SURVEY, np.int8), besides.kind.astype(np.int8))),
        happened=np.arange(len(ids) + extra) >= len(ids) if extra else None,
        # A sample of the same size, though not of the same interactions.
        external_id=lambda row: str(ids[row]) if row < len(ids) else "",
    )
    columns, keys = _with_places(columns, places)
    if {"brand", "segment"} & set().union(*(needed_by(policy) for policy in policies)):
        columns = _with_groups(columns, people)
    lifted = [flag for flag, is_kept in FLAGGED.items() if not all(getattr(one.exclude, is_kept) for one in policies)]
    return Past(
        columns=columns,
        keys=keys,
        people=people,
        left_out=rows.filter(reason__in=NEVER).count(),
        is_cut=is_cut,
        long_ago=long_ago,
        flagged=rows.filter(reason__in=lifted).count() if lifted else 0,
        counted=extra,
        counted_since=besides.since,
    )


@dataclass(frozen=True, kw_only=True)
class _Besides:
    """What was sent and answered besides the interactions that are replayed, a column for each thing about it."""

    at: Codes
    customer: Codes
    scenario: Codes
    touchpoint: Codes
    unit: Codes
    staff: Codes
    kind: Codes
    since: datetime | None  # there was more before it


def _happened(
    replayed: Codes, customers: Codes, first: datetime, policies: Sequence[Policy], *, now: datetime, most: int
) -> _Besides:
    """As far back as a policy looks. Of people without an interaction only where a policy counts over groups."""
    since = first - max((max(one.lookback, one.group_lookback) for one in policies), default=timedelta(0))
    sent = _read(sent_between(since, now, queued_since=since - LONGEST_WAIT, most=most + 1), columns=7)
    is_cut = len(sent[0]) > most
    at, customer, scenario, touchpoint, unit, which, invitation = (column[:most] for column in sent)
    about, staff = _asked_about(invitation)
    kind = np.array([KINDS[str(one)] for one in CONTACTS], np.int64)[which]
    rows = [at, customer, scenario, touchpoint, unit, staff, kind]
    is_replayed = (kind == int(Kind.SURVEY)) & np.isin(about, replayed)
    rows = [column[~is_replayed] for column in rows]
    if any(Kind.COMPLETION in rule.counts for one in policies for rule in one.counted_rules):
        given = _read(_answers(since, now, most=most), columns=6)
        answers = [*given, np.full(len(given[0]), int(Kind.COMPLETION), np.int64)]
        rows = [np.concatenate(pair) for pair in zip(rows, answers, strict=True)]
    if not any(one.groups for one in policies):
        mine, theirs = _now_are(customers), _now_are(rows[1])
        rows = [column[np.isin(theirs, mine)] for column in rows]
    names = ("at", "customer", "scenario", "touchpoint", "unit", "staff", "kind")
    cut_at = _moment(int(at.min())) if is_cut else None
    return _Besides(since=cut_at, **dict(zip(names, rows, strict=True)))


def _asked_about(invitations: Codes) -> tuple[Codes, Codes]:
    """The interaction that each of these invitations asks about first (0: none), and who served; 0 for nobody."""
    about, staff = np.zeros(len(invitations), np.int64), np.zeros(len(invitations), np.int64)
    if (named := invitations > 0).any():
        low, high = int(invitations[named].min()), int(invitations[named].max())
        found = Invitation.objects.filter(pk__gte=low, pk__lte=high).order_by("pk")
        service = Case(When(purpose="service", then=Coalesce("interaction_id", 0)), default=Value(0))
        told = found.annotate(about=service, member=Coalesce("served_by", 0)).values_list("pk", "about", "member")
        known, interactions, members = _read(told.iterator(chunk_size=PART), columns=3)
        place = np.minimum(np.searchsorted(known, invitations), max(len(known) - 1, 0))
        there = known[place] == invitations if len(known) else np.zeros(len(invitations), bool)
        about[there], staff[there] = interactions[place[there]], members[place[there]]
    return about, staff


def _answers(since: datetime, until: datetime, *, most: int) -> Iterator[tuple[Any, ...]]:
    """When, customer, scenario, touchpoint, unit and who served, of every answer of that time."""
    asked_since = first_id_at(max(since - LONGEST_LIFE, EPOCH))
    rows = Invitation.objects.filter(pk__gte=asked_since, answered_at__gt=since, answered_at__lte=until)
    told = rows.exclude(customer_id=NOBODY).annotate(when=Micros("answered_at"), member=Coalesce("served_by", 0))
    names = ("when", "customer_id", "scenario_id", "touchpoint_id", "unit_id", "member")
    return told.order_by("-pk").values_list(*names)[:most].iterator(chunk_size=PART)


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def from_file(data: bytes, *, most: int = MOST) -> Past:
    """The events of an uploaded file. Raises EventsInvalid with its first fault, Refused where it is too large."""
    if len(data) > MOST_BYTES:
        limit = MOST_BYTES // 1024 // 1024
        raise Refused(
            _("The file is larger than %(limit)s MB.") % {"limit": limit},
            next_step=_("Rehearse a shorter time, or use zhiyin simulate, which has no such limit."),
        )
    events: Events = read_events(data, engine=engine_for(len(data)), progress=lambda done: None)
    columns = columns_of_file(events)
    is_cut = len(columns) > most
    if is_cut:
        columns = _newest(columns, most)
    keys = {name: events.names[name] for name in PLACES if name in events.names}
    return Past(columns=columns, keys=keys, called=events.names["customer"], is_cut=is_cut)


def _told(ids: Codes) -> tuple[Codes, Codes]:
    """When each of these interactions (ids rising) ended, in microseconds, and who served; 0 for nobody. One that has
    gone meanwhile ended at the beginning of time."""
    at, staff = np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64)
    if len(ids):
        known, moments, members = _read(when_and_by_whom(int(ids[0]), int(ids[-1])), columns=3)
        place = np.searchsorted(known, ids)
        place[place == len(known)] = 0
        there = known[place] == ids if len(known) else np.zeros(len(ids), bool)
        at[there], staff[there] = moments[place[there]], members[place[there]]
    return at, staff


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _numbered(staff: Codes) -> Codes:
    """Members of staff, numbered from 0; -1 for nobody."""
    distinct, place = np.unique(staff, return_inverse=True)
    has_nobody = int(len(distinct) > 0 and distinct[0] == 0)
    return (place - has_nobody).astype(np.int32)


def _read(rows: Iterator[tuple[Any, ...]], *, columns: int) -> list[Codes]:
    """Rows as columns of whole numbers, a part at a time."""
    parts: list[list[Codes]] = [[] for _column in range(columns)]
    while part := list(islice(rows, PART)):
        for found, values in zip(parts, zip(*part, strict=True), strict=True):
            found.append(_whole(values))
    return [np.concatenate(found) if found else np.empty(0, np.int64) for found in parts]


def _whole(values: Sequence[Any]) -> Codes:
    if isinstance(values[0], str):
        return np.array(values, "datetime64[us]").astype(np.int64)
    return np.array(values, np.int64)


def _people(customers: Codes) -> tuple[Codes, Codes]:
    """The people behind these customer ids (one person may have had several), and each row's place among them."""
    people, person = np.unique(_now_are(customers), return_inverse=True)
    return people, person


def _now_are(customers: Codes) -> Codes:
    """Who each of these customers is by now."""
    distinct, place = np.unique(customers, return_inverse=True)
    now = distinct.copy()
    for start in range(0, len(distinct), PEOPLE):
        part = distinct[start : start + PEOPLE].tolist()
        merged = now_are(part)
        if merged:
            now[start : start + PEOPLE] = [merged.get(one, one) for one in part]
    return now[place]


def _with_places(columns: Columns, ids: dict[str, Codes]) -> tuple[Columns, dict[str, Callable[[], list[str]]]]:
    """Scenarios, touchpoints and units, numbered from 0, and what a policy file calls them."""
    known = journey_map()
    codes: dict[str, Any] = {}
    keys: dict[str, Callable[[], list[str]]] = {}
    distinct = {}
    for name, column in ids.items():
        distinct[name], place = np.unique(column, return_inverse=True)
        codes[name] = place.astype(np.int32)
    touchpoints = {card.id: card.key for card in known.touchpoints.values()}
    called = {
        "scenario": [known.scenario_key(one) for one in distinct["scenario"].tolist()],
        "touchpoint": [touchpoints.get(one, "") for one in distinct["touchpoint"].tolist()],
    }
    units = distinct["unit"].tolist()
    found = unit_codes(units)
    called["unit"] = [found.get(one, "") for one in units]
    keys = {name: _always(names) for name, names in called.items()}
    return replace(columns, **codes, names=keys, unit_paths=lambda: _unit_paths(units)), keys


def _always(names: list[str]) -> Callable[[], list[str]]:
    return lambda: names


def _unit_paths(ids: Sequence[int]) -> list[tuple[str, ...]]:
    """Each unit's code, then that of each unit above it."""
    cards = {card.id: card for card in units_of(by=Viewer.system("rehearsal"))}

    def path(one: int | None) -> Iterator[str]:
        while one is not None and (card := cards.get(one)):
            yield card.code
            one = card.parent_id

    return [tuple(path(one)) for one in ids]


def _with_groups(columns: Columns, people: Codes) -> Columns:
    """Brand and segment of each event's customer, as they are today."""
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(people), PEOPLE):
        found |= customer_groups(people[start : start + PEOPLE].tolist())
    groups = [found.get(one, ("", "")) for one in people.tolist()]
    codes: dict[str, Any] = {}
    names = dict(columns.names)
    for place, name in enumerate(("brand", "segment")):
        values = [group[place] for group in groups]
        distinct = sorted({value for value in values if value})
        number = {value: code for code, value in enumerate(distinct)}
        of_person = np.array([number.get(value, -1) for value in values], np.int32)
        codes[name] = of_person[columns.customer] if len(people) else of_person
        names[name] = _always(distinct)
    return replace(columns, **codes, names=names)


def _newest(columns: Columns, most: int) -> Columns:
    """The newest events, in the order they came in."""
    keep = np.sort(np.argsort(columns.at, kind="stable")[-most:])
    named = ("customer", "at", "scenario", "touchpoint", "staff", "unit", "brand", "segment", "kind", "happened")
    cut = {name: getattr(columns, name)[keep] for name in named if getattr(columns, name) is not None}
    external_id = columns.external_id
    told = (lambda row: external_id(int(keep[row]))) if external_id else None
    return replace(columns, **cut, external_id=told)
