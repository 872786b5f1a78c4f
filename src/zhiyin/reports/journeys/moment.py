"""One moment of truth: its standard and checklist, its score, what customers said, which cases are open."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhiyin.cases.queries.open import OpenCase, open_cases_at
from zhiyin.journey.queries import MomentCard, TouchpointCard, interaction_cards, journey_map, moments
from zhiyin.lib.errors import NotFound
from zhiyin.lib.intervals import Estimate
from zhiyin.lib.text import pick
from zhiyin.metrics.comparing import Change, compare
from zhiyin.metrics.language import Figure
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards
from zhiyin.people.roles import Permission
from zhiyin.reports.figures import Desk, Pair
from zhiyin.reports.journeys.adherence import Adherence, adherence_of
from zhiyin.reports.journeys.rules import FLOOR, Tone, estimate, hits_of, tone
from zhiyin.reports.journeys.voices import Voices, voices_of
from zhiyin.ui import cards
from zhiyin.ui.numerals import change_with_interval


@dataclass(frozen=True, kw_only=True)
class MomentPage:
    """Everything about one moment. ``cases`` is None for roles without a workbench, ``voices`` for roles that do not
    read what customers wrote."""

    key: str
    name: str
    stage: str
    touchpoint: str
    owner: str
    dimensions: str
    standard: str
    source: str
    adherence: Adherence
    n: int
    score: Estimate | None
    tone: Tone
    verdict: cards.Verdict | None
    change: str
    nps: Figure | None
    nps_change: str
    voices: Voices | None
    cases: Sequence[OpenCase] | None

    @property
    def is_bad(self) -> bool:
        return self.tone == "bad"


def moment_page(key: str, desk: Desk, *, quotes: int) -> MomentPage:
    """The moment with at most so many quotes. Raises NotFound."""
    card = next((one for one in moments() if one.key == key), None)
    if card is None:
        raise NotFound(_("There is no such moment."))
    known, by, language = journey_map(), desk.by, desk.by.language
    touchpoint = known.touchpoints.get(card.touchpoint)
    top_box, nps = desk.pair("top_box", moment=key), desk.pair("nps", moment=key)
    hits = hits_of(top_box.now.whole.sums)
    score = estimate(hits)
    moved, nps_moved = _change(top_box), _change(nps)
    return MomentPage(
        key=key,
        name=pick(card.name, language),
        stage=next((pick(stage.name, language) for stage in known.stages if stage.key == card.stage), ""),
        touchpoint=pick(touchpoint.name, language) if touchpoint else "",
        owner=_owner(touchpoint),
        dimensions=" + ".join(pick(one.name, language) for one in known.dimensions if one.key in card.dimensions),
        standard=pick(card.standard, language),
        source=card.source,
        adherence=adherence_of(card, desk),
        n=hits[1],
        score=score,
        tone=tone(score.value if score else None),
        verdict=cards.Verdict.of(moved.verdict) if moved else None,
        change=_written(moved, "share", language),
        nps=nps.now.whole if nps.now.whole.n >= FLOOR else None,
        nps_change=_written(nps_moved, "nps", language),
        voices=_voices(card, touchpoint, desk, quotes) if by.may(Permission.SEE_VERBATIMS) else None,
        cases=_cases(key, touchpoint, by),
    )


def _change(pair: Pair) -> Change | None:
    now, before = pair.now.whole, pair.before.whole
    return compare(pair.now.measure, now.sums, before.sums) if min(now.n, before.n) >= FLOOR else None


def _written(moved: Change | None, unit: str, language: str) -> str:
    if moved is None:
        return ""
    found = moved.difference
    return change_with_interval(found.value, found.low, found.high, unit=unit, language=language)


def _owner(touchpoint: TouchpointCard | None) -> str:
    if touchpoint is None or touchpoint.owner_id is None:
        return ""
    card = staff_cards([touchpoint.owner_id]).get(touchpoint.owner_id)
    return card.name if card else ""


def _voices(card: MomentCard, touchpoint: TouchpointCard | None, desk: Desk, most: int) -> Voices:
    return voices_of(card.key, touchpoint.id if touchpoint else -1, desk, most=most)


def _cases(key: str, touchpoint: TouchpointCard | None, by: Viewer) -> list[OpenCase] | None:
    """The open cases whose interaction was at this moment, the newest first."""
    if not by.may(Permission.WORK_CASES) and not by.may(Permission.LEAD_CASES):
        return None
    found = open_cases_at(touchpoint.id, by=by) if touchpoint else []
    known = interaction_cards({case.interaction_id for case in found if case.interaction_id}, by=by)
    here = {identifier for identifier, card in known.items() if card.moment == key}
    return [case for case in found if case.interaction_id in here]
