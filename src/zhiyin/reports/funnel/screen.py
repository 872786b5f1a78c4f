"""What the funnel's page shows: six stages, five steps with intervals, the losses between, and a table by a cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from zhiyin.journey.queries import journey_map, moments
from zhiyin.lib import intervals
from zhiyin.lib.text import pick
from zhiyin.outreach.monitor import CellTally, Tally, Window, tally, tally_by
from zhiyin.outreach.screen import Links, Lost
from zhiyin.outreach.screen import funnel as outreach_stages
from zhiyin.outreach.words import CHANNELS
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards, unit_codes, unit_names, units_of
from zhiyin.reports.frame import Table
from zhiyin.reports.funnel.rules import STAGES, Counts, Rate, State, costliest, flagged, rates
from zhiyin.ui import cards
from zhiyin.ui.figures import per_cent
from zhiyin.ui.numerals import change_with_interval, percent, plain

NAMES: Mapping[str, Promise] = {
    "interactions": lazy("Interactions"),
    "eligible": lazy("Eligible"),
    "sent": lazy("Sent"),
    "delivered": lazy("Delivered"),
    "opened": lazy("Opened"),
    "answered": lazy("Completed"),
}
CUTS: Mapping[str, Promise] = {
    "touchpoint": lazy("Touchpoint"),
    "unit": lazy("Unit"),
    "staff": lazy("Staff"),
    "moment": lazy("Moment"),
    "scenario": lazy("Scenario"),
    "complaint": lazy("Complaint flag"),
    "brand": lazy("Brand"),
    "segment": lazy("Segment"),
    "channel": lazy("Channel"),
}
SHOWN = 100  # rows; a thousand service desks are no table
RELEVANT = 0.01
# How far a list of decisions or of invitations begins each stage.
_LISTS = {"interactions": "all", "eligible": "eligible"}


@dataclass(frozen=True)
class Step:
    """One stage, with the rate by which those before came on to it; the first has none."""

    place: str  # Q0 … Q5
    label: str
    count: int
    url: str
    width: str
    rate: Rate | None
    change: str
    verdict: cards.Verdict | None
    losses: Sequence[Lost]


@dataclass(frozen=True)
class Row:
    """One cell of the cut: its stages' counts with the lists behind them, and its five rates."""

    name: str
    url: str
    counts: Sequence[tuple[int | None, str]]
    rates: Sequence[Rate]

    @property
    def cells(self) -> list[tuple[str, int | None, str, Rate | None]]:
        """Each stage's name, count, list and the rate that led to it."""
        rates_of = [None, *self.rates]
        return [
            (str(NAMES[stage]), count, url, rate)
            for stage, (count, url), rate in zip(STAGES, self.counts, rates_of, strict=True)
        ]


@dataclass(frozen=True)
class Funnel:
    steps: Sequence[Step]
    conclusion: str
    worst: str  # the stage that it is about
    waiting: int  # may still come: the last steps are not final
    n: int


def counts_of(found: Tally) -> dict[str, int | None]:
    """Q0 … Q5."""
    steps = found.steps
    return {
        "interactions": found.decided,
        "eligible": found.eligible,
        **{name: steps[name] for name in STAGES[2:]},
    }


def funnel(window: Window, before: Window, links: Links, *, by: Viewer, now: datetime) -> Funnel:
    """The whole funnel of one window beside the one before. Cut by channel it begins with what was sent."""
    found, earlier = tally(window, by=by, now=now), tally(before, by=by, now=now)
    counts: Counts = counts_of(found)
    if window.channel:
        counts = {**counts, "interactions": None, "eligible": None}
    steps, passed = rates(counts), rates(counts_of(earlier))
    losses = _losses(found, links, is_by_channel=bool(window.channel))
    shown = [name for name in STAGES if counts[name] is not None]
    first = counts[shown[0]] or 0
    rows = []
    for place, name in enumerate(STAGES):
        count = counts[name]
        if count is None:
            continue
        rate = steps[place - 1] if place and name != shown[0] else None
        change, verdict = _moved(rate, passed[place - 1], by.language) if rate else ("", None)
        rows.append(
            Step(
                place=f"Q{place}",
                label=str(NAMES[name]),
                count=count,
                url=list_url(links, name),
                width=per_cent(count / first if first else 0.0),
                rate=rate,
                change=change,
                verdict=verdict,
                losses=losses.get(name, ()),
            )
        )
    worst = costliest([one.rate for one in rows if one.rate])
    place = int(worst.key[1:]) if worst else 0
    return Funnel(
        steps=rows,
        conclusion=_conclusion(worst, place, by.language) if worst else "",
        worst=STAGES[place] if worst else "",
        waiting=sum(lost.count for one in rows for lost in one.losses if lost.may_come),
        n=first,
    )


def list_url(links: Links, stage: str, **more: str) -> str:
    """The list whose length is this stage's count."""
    if stage in _LISTS:
        return _with(links.decisions(part=_LISTS[stage]), more)
    return _with(links.invitations(stage), more)


def _with(url: str, more: Mapping[str, str]) -> str:
    return f"{url}&{urlencode(more)}" if more else url


def _losses(found: Tally, links: Links, *, is_by_channel: bool) -> dict[str, list[Lost]]:
    """What lies between two stages, exactly. What was queued is no stage here: its losses are those of sending."""
    stages = outreach_stages(found, links, is_by_channel=is_by_channel)
    first, queued, sent, *later = stages if is_by_channel else stages[1:]
    if is_by_channel:
        names, rest = STAGES[3:], [sent, *later]
        return {name: list(stage.losses) for name, stage in zip(names, rest, strict=True)}
    eligible = first
    return {
        "eligible": list(eligible.losses),
        "sent": [*queued.losses, *sent.losses],
        **{name: list(stage.losses) for name, stage in zip(STAGES[3:], later, strict=True)},
    }


def _moved(now: Rate, before: Rate, language: str) -> tuple[str, cards.Verdict | None]:
    """The difference to the period before, written with its interval; nothing where one of them is too small."""
    if now.state is not State.MEASURED or before.state is not State.MEASURED:
        return "", None
    found = intervals.difference_of_shares(hits=now.hits, n=now.n, hits_before=before.hits, n_before=before.n)
    word = intervals.verdict(difference=found, relevant=RELEVANT)
    return change_with_interval(found.value, found.low, found.high, language=language), cards.Verdict.of(word)


def _conclusion(worst: Rate, place: int, language: str) -> str:
    told = {
        "from": NAMES[STAGES[place - 1]],
        "to": NAMES[STAGES[place]],
        "rate": percent(worst.estimate.value if worst.estimate else None),
        "lost": plain(worst.n - worst.hits),
    }
    return _("Most is lost from “%(from)s” to “%(to)s”: %(rate)s come on, %(lost)s do not.") % told


def table(cut: str, window: Window, links: Links, *, by: Viewer, now: datetime) -> tuple[list[Row], int]:
    """The same for each cell of a cut, the largest first; and how many cells are left out."""
    cells = tally_by(cut, window, by=by, now=now)
    shown = cells[:SHOWN]
    names = _names(cut, shown, by)
    found = flagged([rates(_cell_counts(cell)) for cell in shown])
    rows = []
    for cell, steps in zip(shown, found, strict=True):
        name, key = names.get(cell.key, ("—", ""))
        counts = [
            (count, list_url(links, stage, **{cut: key}) if key and count is not None else "")
            for stage, count in _cell_counts(cell).items()
        ]
        url = f"{reverse('funnel:funnel')}?{urlencode({**links.filters, cut: key})}" if key else ""
        rows.append(Row(name, url, counts, steps))
    return rows, len(cells) - len(shown)


def _cell_counts(cell: CellTally) -> dict[str, int | None]:
    return {
        "interactions": cell.decided,
        "eligible": cell.eligible,
        **{name: cell.steps[name] for name in STAGES[2:]},
    }


def _names(cut: str, cells: Sequence[CellTally], by: Viewer) -> Mapping[Any, tuple[str, str]]:
    """What each cell is called, and how an address names it; nothing for what has no name."""
    language, known, keys = by.language, journey_map(), [cell.key for cell in cells]
    ids = [key for key in keys if isinstance(key, int) and not isinstance(key, bool)]
    if cut == "touchpoint":
        return {card.id: (pick(card.name, language), card.key) for card in known.touchpoints.values()}
    if cut == "scenario":
        return {card.id: (pick(card.name, language), card.key) for card in known.scenarios.values()}
    if cut == "unit":
        # What lies below a unit is in its list too: only the lowest have lists of just this length.
        names, codes, above = unit_names(ids, language), unit_codes(ids), {unit.parent_id for unit in units_of(by=by)}
        return {key: (names.get(key, "—"), "" if key in above else codes.get(key, "")) for key in ids}
    if cut == "staff":
        return {key: (card.name, str(key)) for key, card in staff_cards(ids).items()} | {None: (_("not named"), "")}
    if cut == "moment":
        return {card.key: (pick(card.name, language), card.key) for card in moments()} | {"": (_("not named"), "")}
    if cut == "complaint":
        return {True: (_("Complaints"), "true"), False: (_("Other interactions"), "false"), None: ("—", "")}
    if cut == "channel":
        return {key: (str(CHANNELS.get(str(key), key)), str(key)) for key in keys}
    return {key: (str(key), str(key)) if key else (_("not named"), "") for key in keys}


def tables(found: Funnel, rows: Sequence[Row], cut: str) -> dict[str, Table]:
    """Both cards as files."""
    steps = [
        (
            *(one.place, one.label, one.count, one.rate.key if one.rate else ""),
            *(_cells(one.rate) if one.rate else ("", None, None, None)),
        )
        for one in found.steps
    ]
    by_cut = [
        (row.name, *(count for count, _url in row.counts), *(cell for rate in row.rates for cell in _cells(rate)[1:]))
        for row in rows
    ]
    stages = [str(name) for name in NAMES.values()]
    columns = [
        part
        for place in range(1, 6)
        for part in (f"I{place}", f"I{place} {_('interval from')}", f"I{place} {_('interval to')}")
    ]
    return {
        "funnel": Table(
            "funnel", ["Q", _("Stage"), "n", "I", _("State"), _("Rate"), _("interval from"), _("interval to")], steps
        ),
        "by": Table(f"funnel-by-{cut}", [str(CUTS[cut]), *stages, *columns], by_cut),
    }


def _cells(rate: Rate) -> tuple[str, float | None, float | None, float | None]:
    one = rate.estimate
    return (str(rate.state), one.value, one.low, one.high) if one else (str(rate.state), None, None, None)
