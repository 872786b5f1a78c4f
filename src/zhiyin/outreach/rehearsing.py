"""A changed policy tried on what happened: before and after in the words and figures of the screen. Touches nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from django.db.models import Count
from django.utils.translation import gettext as _

from zhiyin.journey.queries import journey_map
from zhiyin.lib import intervals
from zhiyin.lib.ids import first_id_at
from zhiyin.lib.intervals import Estimate
from zhiyin.lib.masking import mask_id
from zhiyin.lib.text import pick
from zhiyin.metrics.asking import Asked, answer_to
from zhiyin.outreach.models import Invitation
from zhiyin.outreach.monitor import SENT
from zhiyin.outreach.past import Past
from zhiyin.outreach.rules import Policy
from zhiyin.outreach.simulate.rehearsal import CellChange, Comparison, compare, rehearse
from zhiyin.outreach.words import label_under
from zhiyin.people.access import Viewer, visible
from zhiyin.people.queries import customer_cards
from zhiyin.people.tree import OrganisationTree

SEEN_DAYS = 90  # the response rate and the scores that the outlook is taken from
CELLS = 30
LISTED = 10
TIMES = 10  # asked ten times or more is one bar


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A figure under the policy in force and under the changed one."""

    label: str
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, kw_only=True)
class CellOutlook:
    """One touchpoint or scenario: what would be sent, how many answers that brings, how well its top box is known then.

    ``rate`` is the response rate seen there (None: too few were sent there, and ``borrowed`` the whole's was used).
    ``half_before`` and ``half_after`` are half the width of the top box's interval; None without an answer to expect.
    """

    name: str
    events: int
    before: int
    after: int
    rate: Estimate | None
    is_borrowed: bool
    answers_before: float | None
    answers_after: float | None
    half_before: float | None
    half_after: float | None


@dataclass(frozen=True, kw_only=True)
class MostAsked:
    """Somebody who would be asked most often under the changed policy, masked."""

    name: str
    customer_id: int | None
    times: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All that the screen says."""

    events: int
    left_out: int
    long_ago: int
    flagged: int
    counted: int
    counted_since: datetime | None
    is_cut: bool
    gained: int
    lost: int
    headline: Sequence[Pair]
    reasons: Sequence[Pair]
    cells_by: str
    cells: Sequence[CellOutlook]
    times: Sequence[Pair]
    most_asked: Sequence[MostAsked]


def rehearse_both(past: Past, *, before: Policy, after: Policy, by: Viewer, now: datetime, tz: tzinfo) -> Outcome:
    """Replay the same events under both policies. Raises ColumnMissing if one needs what the events do not tell."""
    was, will = (rehearse(past.columns, policy, tz=tz) for policy in (before, after))
    found = compare(past.columns, was, will)
    cut = "touchpoint" if found.cells.get("touchpoint") else "scenario"
    cells = _Cells(cut, by=by, now=now).outlooks(found.cells.get(cut, ()), past)
    return Outcome(
        events=found.before.events,
        left_out=past.left_out,
        long_ago=past.long_ago,
        flagged=past.flagged,
        counted=past.counted,
        counted_since=past.counted_since,
        is_cut=past.is_cut,
        gained=found.gained,
        lost=found.lost,
        headline=_headline(found, cells),
        reasons=_reasons(found, (before, after), by.language),
        cells_by=cut,
        cells=cells[:CELLS],
        times=_times(found),
        most_asked=_most_asked(found, past, by=by),
    )


def _headline(found: Comparison, cells: Sequence[CellOutlook]) -> list[Pair]:
    before, after = found.before, found.after
    rows = [
        Pair(label=_("Messages sent"), before=before.sends, after=after.sends),
        Pair(label=_("Customers asked"), before=before.customers_asked, after=after.customers_asked),
        Pair(label=_("Held back"), before=sum(before.suppressed.values()), after=sum(after.suppressed.values())),
    ]
    known = [cell for cell in cells if cell.answers_before is not None and cell.answers_after is not None]
    if known:
        expected = [
            sum(pair) for pair in zip(*((c.answers_before or 0, c.answers_after or 0) for c in known), strict=True)
        ]
        rows.append(Pair(label=_("Answers to expect"), before=expected[0], after=expected[1]))
    return rows


def _reasons(found: Comparison, policies: Sequence[Policy], language: str) -> list[Pair]:
    """What holds back, the most first. Where both policies have a rule with other numbers, its plain name is used."""
    rows = [
        Pair(label=label_under(key, policies, language), before=before, after=after)
        for key, (before, after) in found.reasons.items()
    ]
    return sorted(rows, key=lambda row: -max(row.before, row.after))


def _times(found: Comparison) -> list[Pair]:
    """How many customers are asked never, once, twice ...; the last takes all above."""

    def counted(times: Sequence[int]) -> list[int]:
        padded = [*times, *([0] * (TIMES + 1))]
        return [*padded[:TIMES], sum(padded[TIMES:])]

    before, after = counted(found.before.asked_times), counted(found.after.asked_times)
    last = max((place for place in range(TIMES + 1) if before[place] or after[place]), default=0)
    labels = [_("never"), *(str(times) for times in range(1, TIMES)), _("%(times)s or more") % {"times": TIMES}]
    return [Pair(label=labels[place], before=before[place], after=after[place]) for place in range(last + 1)]


def _most_asked(found: Comparison, past: Past, *, by: Viewer) -> list[MostAsked]:
    """As far as this viewer may know them: always masked, and a file's own names masked, too."""
    top = found.after.most_asked[:LISTED]
    if past.people is None:
        names = past.called() if past.called else []
        return [MostAsked(name=mask_id(names[place]), customer_id=None, times=times) for place, times in top]
    ids = {place: int(past.people[place]) for place, _times in top}
    cards = customer_cards(ids.values(), by=by)
    rows = []
    for place, times in top:
        card = cards.get(ids[place])
        name = (card.phone or card.external_id) if card else ""
        rows.append(MostAsked(name=name or "—", customer_id=ids[place] if card else None, times=times))
    return rows


class _Cells:
    """What is known of each cell today: its response rate and its top box."""

    def __init__(self, cut: str, *, by: Viewer, now: datetime) -> None:
        self._by, self._cut = by, cut
        self._rates = _seen(cut, by=by, now=now)
        self._whole = (sum(one[0] for one in self._rates.values()), sum(one[1] for one in self._rates.values()))
        self._top = _top_box(cut, since=(now - timedelta(days=SEEN_DAYS)).date(), by=by)
        known = journey_map()
        named = known.touchpoints if cut == "touchpoint" else known.scenarios
        self._names = {key: pick(card.name, by.language) for key, card in named.items()}

    def outlooks(self, changes: Sequence[CellChange], past: Past) -> list[CellOutlook]:
        keys = past.keys[self._cut]() if self._cut in past.keys else []
        return [self._outlook(change, keys[change.code]) for change in changes]

    def _outlook(self, change: CellChange, key: str) -> CellOutlook:
        answered, sent = self._rates.get(key, (0, 0))
        is_borrowed = sent < intervals.FLOOR
        if is_borrowed:
            answered, sent = self._whole
        rate = intervals.share(hits=answered, n=sent) if sent >= intervals.FLOOR else None
        before, after = (None if rate is None else count * rate.value for count in (change.before, change.after))
        return CellOutlook(
            name=self._names.get(key, key) or "—",
            events=change.events,
            before=change.before,
            after=change.after,
            rate=rate,
            is_borrowed=is_borrowed and rate is not None,
            answers_before=before,
            answers_after=after,
            half_before=self._half(key, before),
            half_after=self._half(key, after),
        )

    def _half(self, key: str, answers: float | None) -> float | None:
        """Half of Wilson's interval with so many answers, at the share seen here; the widest where none was seen."""
        n = round(answers or 0)
        if n < 1:
            return None
        found = intervals.share(hits=round(self._top.get(key, 0.5) * n), n=n)
        return (found.high - found.low) / 2


def _seen(cut: str, *, by: Viewer, now: datetime) -> dict[str, tuple[int, int]]:
    """Answered and sent by the cell's key, of the invitations of the last days."""
    since = now - timedelta(days=SEEN_DAYS)
    rows = Invitation.objects.filter(SENT, purpose="service", pk__gte=first_id_at(since), created_at__gte=since)
    field = f"{cut}_id"
    counted = visible(rows, by=by).values_list(field).annotate(n=Count("pk"), hits=Count("answered_at")).order_by()
    known = journey_map()
    named = known.touchpoints if cut == "touchpoint" else known.scenarios
    keys = {card.id: key for key, card in named.items()}
    return {keys[place]: (hits, n) for place, n, hits in counted if place in keys}


def _top_box(cut: str, *, since: date, by: Viewer) -> Mapping[str, float]:
    """The top box of the headline question in each cell, where enough answered."""
    figures = answer_to(Asked("top_box", by=(cut,), since=since), by=by, tree=OrganisationTree()).figures
    return {figure.key[0]: figure.value for figure in figures if figure.value is not None}
