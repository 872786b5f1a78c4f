"""Everybody of the viewer's units by one measure: the raw figure beside the one that allows for its size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhiyin.lib.intervals import FLOOR, Estimate
from zhiyin.lib.text import pick
from zhiyin.metrics.asking import usable_dimensions
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Measure
from zhiyin.metrics.ranking import Ranked, Ranking, ranked
from zhiyin.people.queries import StaffCard, staff_of, unit_names
from zhiyin.reports import drawing
from zhiyin.reports.agents.rules import Chances, Place, alike, place_of
from zhiyin.reports.figures import Desk
from zhiyin.reports.frame import Table
from zhiyin.reports.records import records_url
from zhiyin.ui.numerals import change as written_change
from zhiyin.ui.numerals import scale_of


@dataclass(frozen=True)
class Person:
    """One member of staff. Below the floor there is only n."""

    card: StaffCard
    unit: str
    n: int
    url: str
    records_url: str
    raw: Estimate | None
    shrunk: Ranked[int] | None
    place: Place
    alike: int
    whisker: drawing.Whisker | None

    @property
    def rank(self) -> str:
        if self.shrunk is None:
            return ""
        best, worst = self.shrunk.rank_best, self.shrunk.rank_worst
        return str(best) if best == worst else f"{best}–{worst}"


@dataclass(frozen=True)
class Listing:
    """``people`` in the order of the shrunk figure, those with too few answers last. ``unnamed``: answers that name
    nobody, or somebody of another unit."""

    measure: Measure
    name: str
    unit: str
    people: Sequence[Person]
    few: int
    n: int
    unnamed: int
    ranking: Ranking[int] | None
    conclusion: str

    @property
    def sign(self) -> str:
        return scale_of(self.unit).level

    @property
    def judged(self) -> int:
        return len(self.people) - self.few


def choices(desk: Desk) -> list[tuple[str, str]]:
    """The measures that people can be ranked by: those about their answers whose figure is the mean of these."""
    return [
        (one.key, pick(one.name, desk.by.language))
        for one in measures().values()
        if one.fact == "answers" and one.is_mean and "staff" in usable_dimensions(one.fact) and desk.can_ask(one.key)
    ]


def listing(desk: Desk, key: str) -> Listing:
    """Everybody with answers in the period, within the viewer's units."""
    measure = measures()[key]
    figures = {figure.key[0]: figure for figure in desk.ask(key, "staff").figures}
    known = {card.id: card for card in staff_of(by=desk.by)}
    mine = {int(staff): figure for staff, figure in figures.items() if staff is not None and int(staff) in known}
    enough = {staff: figure.sums for staff, figure in mine.items() if figure.n >= FLOOR}
    ranking = ranked(measure, enough) if len(enough) > 1 else None
    rows: Mapping[int, Ranked[int]] = {row.key: row for row in ranking.rows} if ranking else {}
    chances = {key: Chances(row.in_best, row.in_worst, row.rank_best, row.rank_worst) for key, row in rows.items()}
    scale = drawing.scale_over([end for row in rows.values() for end in (row.low, row.high, row.raw)])
    units = unit_names({card.unit_id for card in known.values()}, desk.by.language)
    people = []
    for staff, figure in mine.items():
        row = rows.get(staff)
        people.append(
            Person(
                card=known[staff],
                unit=units.get(known[staff].unit_id, ""),
                n=figure.n,
                url=person_url(staff, desk),
                records_url=records_url(desk, key, staff=str(staff)),
                raw=measure.estimate(figure.sums) if figure.n >= FLOOR else None,
                shrunk=row,
                place=place_of(chances[staff], between=ranking.between if ranking else 0.0) if row else Place.MIDDLE,
                alike=alike(chances[staff], list(chances.values())) if row else 0,
                whisker=_whisker(row, ranking, scale) if row and ranking else None,
            )
        )
    places = {row_key: number for number, row_key in enumerate(rows)}
    people.sort(key=lambda one: (one.raw is None, places.get(one.card.id, 0), -one.n))
    return Listing(
        measure=measure,
        name=pick(measure.name, desk.by.language),
        unit=str(measure.unit),
        people=people,
        few=sum(one.raw is None for one in people),
        n=sum(one.n for one in people),
        unnamed=sum(figure.n for staff, figure in figures.items() if staff is None or int(staff) not in known),
        ranking=ranking,
        conclusion=_conclusion(people, ranking, str(measure.unit), desk.by.language),
    )


def person_url(staff: int, desk: Desk) -> str:
    """The person's page about the same period."""
    kept = {key: value for key, value in desk.address.items() if key in ("period", "from", "to")}
    return f"{reverse('agents:agent', args=[staff])}?{urlencode(kept)}"


def _whisker(row: Ranked[int], ranking: Ranking[int], scale: drawing.Scale) -> drawing.Whisker:
    return drawing.whisker(scale, low=row.low, value=row.value, high=row.high, centre=ranking.centre, raw=row.raw)


def _conclusion(people: Sequence[Person], ranking: Ranking[int] | None, unit: str, language: str) -> str:
    """What is said first: whether people differ at all, and of how many that may be said."""
    if ranking is None:
        return ""
    if ranking.between == 0:
        return _("Nobody can be told apart: chance alone explains all differences. This order says nothing.")
    told = {
        "spread": written_change(ranking.between, unit=unit, language=language).lstrip("+"),
        "high": sum(one.place is Place.HIGH for one in people),
        "low": sum(one.place is Place.LOW for one in people),
        "middle": sum(one.place is Place.MIDDLE and one.shrunk is not None for one in people),
    }
    return (
        _(
            "True differences between people: a standard deviation of %(spread)s. Very likely in the first fifth: "
            "%(high)s; in the last fifth: %(low)s; the other %(middle)s cannot be told apart from most."
        )
        % told
    )


def table(found: Listing) -> Table:
    """The list as a file."""
    rows = [
        (
            *(one.card.code, one.card.name, one.unit, one.n),
            *((one.raw.value, one.raw.low, one.raw.high) if one.raw else (None, None, None)),
            *((one.shrunk.value, one.shrunk.low, one.shrunk.high) if one.shrunk else (None, None, None)),
            *((one.shrunk.rank_best, one.shrunk.rank_worst) if one.shrunk else (None, None)),
        )
        for one in found.people
    ]
    interval = [_("interval from"), _("interval to")]
    headings = [
        *(_("Code"), _("Name"), _("Unit"), "n", _("Raw"), *interval),
        *(_("allowing for size"), *interval, _("rank from"), _("rank to")),
    ]
    return Table("agents", headings, rows)
