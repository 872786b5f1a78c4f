"""How often a moment's checklist is done: of what somebody looked for, never of what nobody looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhiyin.journey.queries import MomentCard
from zhiyin.lib.intervals import Estimate
from zhiyin.lib.text import pick
from zhiyin.people.roles import Permission
from zhiyin.reports.care import GIVEN
from zhiyin.reports.figures import Desk
from zhiyin.reports.journeys.rules import Hits, estimate, hits_of, total
from zhiyin.reports.records import address, days


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of the checklist, where it comes from, and how often it was seen to be done. ``done`` is None below the
    floor."""

    text: str
    source: str
    n: int
    done: Estimate | None


@dataclass(frozen=True, kw_only=True)
class Adherence:
    """A moment's checklist with what was looked for, as ``n``. ``gone`` of those were items that the list no longer
    has; they count in the whole."""

    items: Sequence[Item]
    n: int
    whole: Estimate | None
    gone: int
    records_url: str


def adherence_of(card: MomentCard, desk: Desk) -> Adherence:
    """The checklist of one moment in the desk's period, within the viewer's units."""
    found = {str(one.key[0]): hits_of(one.sums) for one in desk.ask(GIVEN, "item", moment=card.key).figures}
    items = [_item(one, found, desk.by.language) for one in card.checklist]
    whole = total(found.values())
    return Adherence(
        items=items,
        n=whole[1],
        whole=estimate(whole),
        gone=whole[1] - sum(one.n for one in items),
        records_url=_records_url(card.key, desk) if whole[1] else "",
    )


def _item(declared: Mapping[str, Any], found: Mapping[str, Hits], language: str) -> Item:
    hits = found.get(declared["key"], (0, 0))
    return Item(
        text=pick(declared["text"], language), source=declared.get("source", ""), n=hits[1], done=estimate(hits)
    )


def _records_url(moment: str, desk: Desk) -> str:
    """The interactions at which somebody looked, for who may see them."""
    if not desk.by.may(Permission.SEE_OUTREACH):
        return ""
    return address("explorer:records", **{**days(desk), **dict(desk.where), "measure": GIVEN, "moment": moment})
