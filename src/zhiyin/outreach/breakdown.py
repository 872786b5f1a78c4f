"""The funnel's numbers for each scenario, channel, unit or touchpoint: one table, the same columns whatever the cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from zhiyin.journey.queries import journey_map
from zhiyin.lib import intervals
from zhiyin.lib.intervals import Score
from zhiyin.lib.text import pick
from zhiyin.outreach.monitor import CellTally, Window, tally_by
from zhiyin.outreach.screen import Links
from zhiyin.outreach.words import CHANNELS
from zhiyin.people.access import Viewer
from zhiyin.people.queries import unit_codes, unit_names

HEADINGS: Mapping[str, Promise] = {
    "touchpoint": lazy("Touchpoint"),
    "scenario": lazy("Scenario"),
    "unit": lazy("Unit"),
    "channel": lazy("Channel"),
}
SHOWN = 100  # rows; a thousand service desks are no table


@dataclass(frozen=True, kw_only=True)
class Row:
    """One cell. ``decided`` and ``eligible`` are None by channel. Rates are withheld where n is too small."""

    name: str
    url: str  # the monitor of this cell alone; empty where it cannot be cut so
    decided: int | None
    eligible: int | None
    queued: int
    sent: int
    delivered: int
    opened: int
    answered: int
    invitation_rate: Score
    response_rate: Score


@dataclass(frozen=True)
class Breakdown:
    """The table. ``left_out``: cells beyond those that are shown."""

    cut: str
    heading: str
    rows: Sequence[Row]
    left_out: int


def breakdown(cut: str, window: Window, links: Links, *, by: Viewer, now: datetime) -> Breakdown:
    """The numbers of one window by ``cut``, one of HEADINGS."""
    cells = tally_by(cut, window, by=by, now=now)
    shown = cells[:SHOWN]
    names = _names(cut, [cell.key for cell in shown], by.language)
    rows = [_row(cell, *names.get(cell.key, (str(cell.key), "")), cut=cut, links=links) for cell in shown]
    return Breakdown(cut, str(HEADINGS[cut]), rows, len(cells) - len(shown))


def _row(cell: CellTally, name: str, key: str, *, cut: str, links: Links) -> Row:
    steps = cell.steps
    return Row(
        name=name,
        url=links.monitor(**{cut: key}) if key and cut != "touchpoint" else "",
        decided=cell.decided,
        eligible=cell.eligible,
        queued=steps["invited"],
        sent=steps["sent"],
        delivered=steps["delivered"],
        opened=steps["opened"],
        answered=steps["answered"],
        invitation_rate=_share(steps["invited"], cell.decided or 0, "invitation_rate"),
        response_rate=_share(steps["answered"], steps["sent"], "response_rate"),
    )


def _share(hits: int, n: int, measure: str) -> Score:
    if n < intervals.FLOOR:
        return Score.withheld(n, measure=measure)
    return Score.of(intervals.share(hits=min(hits, n), n=n), measure=measure)


def _names(cut: str, keys: Sequence[int | str], language: str) -> dict[int | str, tuple[str, str]]:
    """What each cell is called, and how an address names it."""
    known, ids = journey_map(), [key for key in keys if isinstance(key, int)]
    if cut == "touchpoint":
        return {card.id: (pick(card.name, language), card.key) for card in known.touchpoints.values()}
    if cut == "scenario":
        return {card.id: (pick(card.name, language), card.key) for card in known.scenarios.values()}
    if cut == "unit":
        names, codes = unit_names(ids, language), unit_codes(ids)
        return {key: (names.get(key, ""), codes.get(key, "")) for key in ids}
    return {str(key): (str(CHANNELS.get(str(key), key)), str(key)) for key in keys}
