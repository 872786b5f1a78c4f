"""One member of staff: figures beside the rest of the team, what customers said, where a fair talk may start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.cases.queries.open import OpenCase, open_cases_about
from zhiyin.journey.queries import journey_map, moments
from zhiyin.lib.errors import NotFound
from zhiyin.lib.intervals import FLOOR, Estimate, Verdict
from zhiyin.lib.text import pick
from zhiyin.metrics.comparing import Change, compare_many
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Figure, Measure
from zhiyin.outreach.fairness import Standing, compared
from zhiyin.people.access import Viewer
from zhiyin.people.queries import StaffCard, staff_cards, unit_codes, unit_names
from zhiyin.people.roles import Permission
from zhiyin.reports.care import GIVEN
from zhiyin.reports.figures import Desk, as_day
from zhiyin.reports.overview import kpi
from zhiyin.reports.records import records_url
from zhiyin.reports.sites.rules import less
from zhiyin.responses.queries import Asked, ResponseCard, responses
from zhiyin.surveys.queries import versions_by_id
from zhiyin.ui import cards, charts
from zhiyin.ui.numerals import change_with_interval
from zhiyin.ui.period import Period

MONTHS = 6
QUOTES = 8
NEWEST = 60  # comments among which an agent finds the satisfied ones


@dataclass(frozen=True)
class Part:
    """A dimension or moment: the person's figure beside that of everybody else in the unit."""

    key: str
    name: str
    n: int
    records_url: str
    own: Estimate | None
    others: Estimate | None
    change: str
    verdict: cards.Verdict | None


@dataclass(frozen=True)
class Talk:
    """A neutral opening for a talk, and where to look together first."""

    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonPage:
    """``cases`` is None for roles without a workbench; ``quotes`` for roles that do not read what customers wrote."""

    card: StaffCard
    unit: str
    is_self: bool
    kpis: Sequence[cards.Kpi]
    n: int
    trend: charts.ChartConfig | None
    dimensions: Sequence[Part]
    moments: Sequence[Part]
    quotes: Sequence[ResponseCard] | None
    cases: Sequence[OpenCase] | None
    adherence: Figure
    fairness: Standing | None
    talk: Sequence[Talk]


def visible_person(staff_id: int, *, by: Viewer) -> StaffCard:
    """Who it is, if the viewer may see them: an agent themself, others the people of their units. Raises NotAllowed
    for an agent who asks about somebody else, whoever that is, and NotFound beyond the viewer's units."""
    if staff_id != by.staff_id:
        by.require(Permission.SEE_FIGURES)
    card = staff_cards([staff_id]).get(staff_id)
    if card is None or not by.sees_unit(card.unit_id):
        raise NotFound(_("There is nothing at this address."))
    return card


def person_page(card: StaffCard, *, by: Viewer, period: Period) -> PersonPage:
    """Everything about one person, within the viewer's units."""
    code = unit_codes([card.unit_id]).get(card.unit_id, "")
    own = Desk(by, period, (("staff", str(card.id)),))
    team = Desk(by, period, (("unit", code),)) if code else Desk(by, period)
    whole = own.ask("top_box").whole
    names = {one.key: pick(one.name, by.language) for one in journey_map().dimensions}
    dimensions = _parts(own, team, "dimension", names)
    at = _parts(own, team, "moment", {one.key: pick(one.name, by.language) for one in moments()})
    is_self = card.id == by.staff_id
    return PersonPage(
        card=card,
        unit=unit_names([card.unit_id], by.language).get(card.unit_id, ""),
        is_self=is_self,
        kpis=_kpis(own, by),
        n=whole.n,
        trend=_trend(own),
        dimensions=dimensions,
        moments=at,
        quotes=_quotes(card.id, own, is_self=is_self),
        cases=_cases(card.id, by),
        adherence=own.ask(GIVEN).whole,
        fairness=_fairness(own),
        talk=_talk(dimensions, at, whole),
    )


def _kpis(own: Desk, by: Viewer) -> list[cards.Kpi]:
    """Its definition is a page of figures, which not everybody may open."""
    found = [kpi(own, key) for key in ("top_box", "nps")]
    return found if by.may(Permission.SEE_FIGURES) else [replace(one, definition_url="") for one in found]


def _parts(own: Desk, team: Desk, cut: str, names: Mapping[str, str]) -> list[Part]:
    """By dimension or moment; significant only after correction for all that are looked at."""
    measure = measures()["top_box"]
    mine = {str(one.key[0]): one for one in own.ask("top_box", cut).figures if str(one.key[0] or "") in names}
    everybody = {str(one.key[0]): one for one in team.ask("top_box", cut).figures}
    pairs = {key: (one.sums, less(everybody[key].sums, one.sums)) for key, one in mine.items() if key in everybody}
    changes = compare_many(measure, pairs, strict=True)  # about a person: not even one by chance
    return [
        _part(key, names[key], mine[key], measure, pairs.get(key, ({}, {}))[1], changes.get(key), own)
        for key in names
        if key in mine
    ]


def _part(
    key: str,
    name: str,
    figure: Figure,
    measure: Measure,
    others: Mapping[str, float],
    moved: Change | None,
    own: Desk,
) -> Part:
    is_enough = others.get("n", 0) >= FLOOR
    written, verdict = "", None
    if moved and moved.verdict is not Verdict.LOW_N:
        one = moved.difference
        written = change_with_interval(one.value, one.low, one.high, language=own.by.language)
        verdict = cards.Verdict.of(moved.verdict)
    cut = "dimension" if key in {one.key for one in journey_map().dimensions} else "moment"
    return Part(
        key=key,
        name=name,
        n=figure.n,
        records_url=records_url(own, "top_box", **{cut: key}),
        own=measure.estimate(figure.sums) if figure.n >= FLOOR else None,
        others=measure.estimate(others) if is_enough else None,
        change=written,
        verdict=verdict,
    )


def _trend(own: Desk) -> charts.ChartConfig | None:
    """Half a year by month: a week of one person says too little. Months with too few are gaps."""
    until = own.period.until
    first = date(until.year, until.month, 1)
    starts = [first]
    while len(starts) < MONTHS:
        starts.insert(0, (starts[0] - timedelta(days=1)).replace(day=1))
    answer = own.ask("top_box", "month", since=starts[0], until=until)
    found = {as_day(figure.key[0]): figure for figure in answer.figures}
    shown = [figure if (figure := found.get(start)) and figure.n >= FLOOR else None for start in starts]
    if not any(shown):
        return None
    name = pick(answer.measure.name, own.by.language)
    return charts.ChartConfig(
        title=_("%(measure)s by month") % {"measure": name},
        label_heading=_("Month"),
        labels=[f"{start:%Y-%m}" for start in starts],
        series=[
            charts.Series(
                name=name,
                values=[one.value if one else None for one in shown],
                low=[one.low if one else None for one in shown],
                high=[one.high if one else None for one in shown],
                n=[found[start].n if start in found else 0 for start in starts],
            )
        ],
    )


def _quotes(staff_id: int, own: Desk, *, is_self: bool) -> list[ResponseCard] | None:
    """The newest comments, masked. Of themself nobody reads the unhappy ones here: a colleague hears those (S0.41)."""
    if not is_self and not own.by.may(Permission.SEE_VERBATIMS):
        return None
    zone = timezone.get_default_timezone()
    asked = Asked(
        staff_id=staff_id,
        measure="top_box",
        since=datetime.combine(own.period.since, time.min, tzinfo=zone),
        until=datetime.combine(own.period.until + timedelta(days=1), time.min, tzinfo=zone),
        only_with_comment=True,
    )
    found = responses(asked, by=own.by, limit=NEWEST)
    if is_self:
        versions = versions_by_id({card.survey_version_id for card in found})
        found = [
            card
            for card in found
            if (version := versions.get(card.survey_version_id))
            and not card.is_low
            and (card.headline or 0) >= version.questionnaire.roles.top_from
        ]
    return found[:QUOTES]


def _cases(staff_id: int, by: Viewer) -> list[OpenCase] | None:
    if not by.may(Permission.WORK_CASES) and not by.may(Permission.LEAD_CASES):
        return None
    return open_cases_about(staff_id, by=by)


def _fairness(own: Desk) -> Standing | None:
    """How often this person's complaints lead to an invitation, beside their other interactions (S0.14)."""
    figures = own.ask("invitation_rate", "complaint").figures
    if not figures:
        return None
    return compared("", {bool(one.key[0]): (int(one.sums["hits"]), one.n) for one in figures})


def _talk(dimensions: Sequence[Part], at: Sequence[Part], whole: Figure) -> list[Talk]:
    """Neutral sentences: what stands out either way, and how much these answers can carry."""
    found = []
    if whole.n < FLOOR:
        text = _("Only %(n)s answers: too few to say how anybody works. Listen to calls, not to this page.")
        return [Talk(text % {"n": whole.n})]
    above = [one for one in (*dimensions, *at) if one.verdict and one.verdict.word is cards.Word.UP]
    below = [one for one in (*dimensions, *at) if one.verdict and one.verdict.word is cards.Word.DOWN]
    if above:
        text = _("“%(name)s” goes better than with the rest of the team. Ask how it is done; others may learn from it.")
        found.append(Talk(text % {"name": above[0].name}, above[0].records_url, _("Answers")))
    if below:
        text = _(
            "At “%(name)s” customers are less often fully satisfied than with the rest of the team. Look at a few of "
            "these together, at customer, process and tools first."
        )
        found.append(Talk(text % {"name": below[0].name}, below[0].records_url, _("Answers")))
    if not found:
        found.append(Talk(_("Nothing stands out from the rest of the team. Let them choose what to talk about.")))
    return found
