"""What a change is made of: along the dimension that explains most of it, each group's own change and the mix."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from zhiyin.lib.decomposition import Contribution, Explanation
from zhiyin.metrics.explaining import what_explains
from zhiyin.people.queries import units_of
from zhiyin.reports.figures import Desk
from zhiyin.reports.naming import names_of
from zhiyin.reports.records import records_url, spelled
from zhiyin.ui import cards, charts
from zhiyin.ui.numerals import percent

ALONG: Mapping[str, Promise] = {
    "touchpoint": lazy("Touchpoint"),
    "unit": lazy("Unit"),
    "segment": lazy("Segment"),
    "brand": lazy("Brand"),
    "channel": lazy("Channel"),
}
MOST = 5  # bars of their own
BY_CHANCE = 0.05
MATTERS = 0.005  # half a point, moved by the mix alone


@dataclass(frozen=True)
class Along:
    """A dimension that the change can be read along."""

    key: str
    name: str
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class Why:
    """The change along one dimension. ``bars`` add up to ``total``; ``records`` are the answers behind its groups."""

    along: str
    name: str
    chart: charts.ChartConfig
    bars: Sequence[tuple[str, float]]
    total: float
    verdict: str
    choices: Sequence[Along]
    records: Sequence[cards.BarRow]
    cause: str  # the group that moves it most, and how much of the change is its own


def why(desk: Desk, chosen: str = "") -> Why | None:
    """None in the first period. Without a choice, or with nonsense, the dimension that explains most."""
    found = explained(desk)
    if not found:
        return None
    keys = [one.dimension for one in found]
    if chosen not in keys:
        chosen = found[0].dimension if _is_uneven(found[0]) or "touchpoint" not in keys else "touchpoint"
    return _why(desk, found[keys.index(chosen)], found)


def _is_uneven(one: Explanation) -> bool:
    """Whether its groups moved apart, or their weights did, by more than chance and enough to matter."""
    return one.chance < BY_CHANCE or abs(one.mix) >= MATTERS


def explained(desk: Desk) -> list[Explanation]:
    """Every dimension that has at least two groups, the one that explains most first."""
    dimensions = {}
    for key in ALONG:
        if key in dict(desk.where) and key != "unit":
            continue
        pair = desk.pair("top_box", key)
        now, before = ({one.key[0]: one.sums for one in answer.figures} for answer in (pair.now, pair.before))
        if len({*now, *before}) > 1 or key == "touchpoint":
            dimensions[key] = (now, before)
    return what_explains(dimensions)


def _why(desk: Desk, one: Explanation, found: Sequence[Explanation]) -> Why:
    split, language = one.split, desk.by.language
    figures = {figure.key[0]: figure.n for figure in desk.ask("top_box", one.dimension).figures}
    shown = [part for part in split.contributions if part.key in figures][:MOST]
    rest = sum(part.own for part in split.contributions if part not in shown)
    keys = [part.key for part in split.contributions]
    names, addresses = names_of(one.dimension, keys, language), _addresses(desk, one.dimension, keys)
    bars = [(names[part.key], part.own) for part in shown]
    if len(split.contributions) > len(shown) and rest:
        bars.append((_("All others"), rest))
    bars += [(_("Change of mix"), split.mix), (_("Total"), split.total)]
    return Why(
        along=one.dimension,
        name=str(ALONG[one.dimension]),
        chart=charts.ChartConfig(
            title=_("Why it changed"),
            kind="contribution",
            label_heading=_("Cause"),
            labels=[label for label, _value in bars],
            series=[charts.Series(name=_("contribution"), kind="bar", values=[value for _label, value in bars])],
            last_is_total=True,
        ),
        bars=bars,
        total=split.total,
        verdict=_verdict(one, found),
        choices=[
            Along(
                key=other.dimension,
                name=str(ALONG[other.dimension]),
                url=f"?{urlencode({**desk.address, 'why': other.dimension})}",
                is_chosen=other is one,
            )
            for other in sorted(found, key=lambda other: list(ALONG).index(other.dimension))
        ],
        records=[
            cards.BarRow(
                label=names[part.key],
                count=figures[part.key],
                url=records_url(desk, "top_box", **{one.dimension: addresses.get(part.key, "")}),
            )
            for part in shown
        ],
        cause=_cause(split.contributions, split.total, names),
    )


def _addresses(desk: Desk, dimension: str, keys: Sequence[Hashable]) -> dict[Hashable, str]:
    """How an address names each group. A unit's list holds what lies below it too: only the lowest are named."""
    if dimension != "unit":
        return {key: spelled(key) for key in keys}
    units = units_of(by=desk.by)
    above = {unit.parent_id for unit in units}
    return {unit.id: unit.code for unit in units if unit.id not in above}


def _verdict(one: Explanation, found: Sequence[Explanation]) -> str:
    """Whether this dimension explains most, and whether anything does."""
    best = found[0]
    if not _is_uneven(best):
        return _("Along none of them do the groups move apart by more than chance: it changed everywhere alike.")
    told = {"best": ALONG[best.dimension]}
    if one is best:
        return _("“%(best)s” explains most: along it the groups move apart most.") % told
    return _("“%(best)s” explains more.") % told


def _cause(parts: Sequence[Contribution[Hashable]], total: float, names: Mapping[Hashable, str]) -> str:
    """The group that does most in the change's own direction, and how much of it."""
    same = [part for part in parts if part.own * total > 0]
    if not same:
        return ""
    told = {"share": percent(min(same[0].own / total, 1.0)), "group": names[same[0].key]}
    return _("%(share)s of it comes from “%(group)s”.") % told
