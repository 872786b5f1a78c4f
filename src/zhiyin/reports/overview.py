"""The overview: are customers satisfied, what changed, and why? The conclusion comes first, the figures prove it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhiyin.journey.queries import journey_map, moments
from zhiyin.lib.text import pick
from zhiyin.metrics.comparing import compare_figures, compare_many
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Figure
from zhiyin.reports.causes import Why
from zhiyin.reports.figures import Desk, Pair
from zhiyin.reports.records import address, list_url, records_url
from zhiyin.reports.rules import arrow
from zhiyin.reports.sureness import can_cluster
from zhiyin.ui import cards
from zhiyin.ui.numerals import change as points
from zhiyin.ui.numerals import percent

KPIS = ("top_box", "nps", "response_rate", "recovery_rate")
FLOOR = cards.FLOOR


@dataclass(frozen=True)
class Conclusion:
    """The sentence above everything, with its tone and where its evidence is."""

    lead: str
    rest: str
    tone: cards.Tone
    icon: str
    url: str


@dataclass(frozen=True)
class MomentRow:
    """A moment of truth among the worst: low score times volume."""

    touchpoint: str
    name: str
    value: float
    half: float
    change: float | None
    is_significant: bool
    n: int
    url: str


@dataclass(frozen=True)
class Matrix:
    """九经四纬."""

    rows: Sequence[cards.HeatRow]
    columns: Sequence[str]
    scale: cards.HeatScale


def kpi_cards(desk: Desk) -> list[cards.Kpi]:
    """The headline measures with interval, change and verdict: those that the filters cut, so that all four are about
    the same."""
    return [replace(kpi(desk, key), sure_url=_sure_url(desk, key)) for key in KPIS if desk.can_ask(key)]


def _sure_url(desk: Desk, key: str) -> str:
    return address("reports:sureness", key, **desk.address) if can_cluster(key) else ""


def kpi(desk: Desk, key: str) -> cards.Kpi:
    """One headline measure with its interval, its change and its verdict."""
    pair = desk.pair(key)
    measure, now, before = pair.now.measure, pair.now.whole, pair.before.whole
    moved = compare_figures(measure, now, before)
    language = desk.by.language
    return cards.Kpi(
        key=key,
        label=pick(measure.name, language),
        value=now.value,
        n=now.n,
        unit=str(measure.unit),
        low=now.low,
        high=now.high,
        previous=before.value if before.n >= FLOOR else None,
        change=moved.difference.value if moved else None,
        change_low=moved.difference.low if moved else None,
        change_high=moved.difference.high if moved else None,
        compared_with=str(desk.period.compared_with),
        verdict=cards.Verdict.of(moved.verdict, "up" if measure.higher_is_better else "down") if moved else None,
        definition_url=address("reports:definition", key, **desk.address),
        records_url=list_url(desk, key),
    )


def trend_tabs(desk: Desk, keys: Sequence[str], kept: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Key, name and address of each measure whose trend can be shown; everything else on the page stays as it is."""
    return [
        (key, pick(measures()[key].name, desk.by.language), f"?{urlencode({**desk.address, **kept, 'metric': key})}")
        for key in keys
        if desk.can_ask(key)
    ]


def matrix(desk: Desk) -> Matrix:
    """九经四纬: touchpoints by dimensions, the top-box rate of the questions of each dimension."""
    language, known = desk.by.language, journey_map()
    pair = desk.pair("top_box", "touchpoint", "dimension")
    touchpoints = [card for card in sorted(known.touchpoints.values(), key=lambda card: card.order) if card.in_matrix]
    places = [(touchpoint.key, dimension.key) for touchpoint in touchpoints for dimension in known.dimensions]
    now, before = pair.now.by_key(), pair.before.by_key()
    empty = Figure((), 0, None, None, None)
    pairs = {key: (now.get(key, empty).sums, before.get(key, empty).sums) for key in places}
    moved = compare_many(pair.now.measure, pairs)
    whole = desk.ask("top_box").whole
    rows = []
    for touchpoint in touchpoints:
        cells = []
        for dimension in known.dimensions:
            figure = now.get((touchpoint.key, dimension.key), empty)
            cells.append(
                cards.HeatCell(
                    value=figure.value,
                    n=figure.n,
                    change=arrow(moved[touchpoint.key, dimension.key]),
                    low=figure.low,
                    high=figure.high,
                    url=_cell_url(desk, touchpoint.key, dimension.key) if figure.n else "",
                )
            )
        rows.append(cards.HeatRow(label=pick(touchpoint.name, language), cells=cells))
    columns = [pick(dimension.name, language) for dimension in known.dimensions]
    return Matrix(rows, columns, cards.HeatScale(centre=whole.value or 0.8, step=0.02))


def _cell_url(desk: Desk, touchpoint: str, dimension: str) -> str:
    return records_url(desk, "top_box", touchpoint=touchpoint, dimension=dimension)


def worst_moments(desk: Desk, *, most: int = 5) -> list[MomentRow]:
    """The moments that cost most: how far below the average times how many were asked. Small groups stay silent."""
    pair = desk.pair("top_box", "moment")
    now, before = pair.now.by_key(), pair.before.by_key()
    whole = desk.ask("top_box").whole.value or 0.0
    known = {card.key: card for card in moments()}
    touchpoints, language = journey_map().touchpoints, desk.by.language
    shown = {key: figure for key, figure in now.items() if key in known and figure.n >= FLOOR}
    pairs = {key: (figure.sums, before[key].sums) for key, figure in shown.items() if key in before}
    changes = compare_many(pair.now.measure, pairs)
    rows = []
    for key, figure in shown.items():
        if figure.value is None:
            continue
        moved = changes.get(key)
        rows.append(
            MomentRow(
                touchpoint=pick(touchpoints[known[key].touchpoint].name, language),
                name=pick(known[key].name, language),
                value=figure.value,
                half=((figure.high or 0) - (figure.low or 0)) / 2,
                change=moved.difference.value if moved else None,
                is_significant=bool(arrow(moved)),
                n=figure.n,
                url=records_url(desk, "top_box", moment=key),
            )
        )
    return sorted(rows, key=lambda row: (row.value - whole) * row.n)[:most]


def conclusion(desk: Desk, top_box: Pair, found: Why | None) -> Conclusion | None:
    """One sentence with the number, the cause and the way to the evidence; None without enough answers."""
    now, before = top_box.now.whole, top_box.before.whole
    if now.value is None or now.n < FLOOR:
        return None
    moved = compare_figures(top_box.now.measure, now, before)
    lead = _("Top-box rate %(value)s.") % {"value": percent(now.value)}
    tone: cards.Tone = ""
    icon, rest = "equal", _("No earlier period to compare with yet.")
    if moved:
        difference, word = moved.difference, str(moved.verdict)
        amount = points(abs(difference.value), unit="share", language=desk.by.language).lstrip("+")
        told = {"value": percent(now.value), "points": amount, "period": str(desk.period.compared_with)}
        if word == "significant_down":
            tone, icon = "bad", "arrow-down-right"
            lead = _("Top-box rate %(value)s, %(points)s below %(period)s, more than chance.") % told
        elif word == "significant_up":
            tone, icon = "good", "arrow-up-right"
            lead = _("Top-box rate %(value)s, %(points)s above %(period)s, more than chance.") % told
        else:
            lead = _("Top-box rate %(value)s, no clear change against %(period)s.") % told
        rest = found.cause if found and word.startswith("significant") else ""
    return Conclusion(lead, rest, tone, icon, records_url(desk, "top_box"))
