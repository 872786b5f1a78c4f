"""The journey as a map: stages with their scores, and under each its moments, the costliest first."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from zhiyin.journey.queries import MomentCard, Named, journey_map, moments
from zhiyin.lib.intervals import Estimate
from zhiyin.lib.text import pick
from zhiyin.metrics.comparing import Change, compare_many
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Answer
from zhiyin.reports.figures import Desk
from zhiyin.reports.journeys.drawing import Reading, draw
from zhiyin.reports.journeys.rules import FLOOR, Hits, estimate, heaviest, hits_of, tone, total
from zhiyin.reports.journeys.shapes import Addresses, Conclusion, JourneyScreen, Moment, Stage
from zhiyin.reports.rules import arrow
from zhiyin.ui.cards import BarRow
from zhiyin.ui.numerals import change as points
from zhiyin.ui.numerals import percent, plain

SHOWN = 4  # moments of a stage before the rest is folded away
MOST = 5  # entries of the two lists below the map


def journey_screen(desk: Desk, addresses: Addresses, *, chosen: str | None = None) -> JourneyScreen:
    """The whole map for one period and what the viewer may see of it.

    ``chosen`` is the moment beside the map: None for the costliest, an empty one for none.
    """
    pair = desk.pair("top_box", "moment")
    now, before = _by_moment(pair.now), _by_moment(pair.before)
    cards = moments()
    placed = {card.key: now.get(card.key, (0, 0)) for card in cards}
    earlier = {card.key: before.get(card.key, (0, 0)) for card in cards}
    pulls = heaviest(placed)
    if chosen is None:
        chosen = pulls[0].key if pulls else ""
    drawer = _Drawer(placed, earlier, {one.key: one.by for one in pulls}, desk, addresses, chosen)
    by_stage = [(stage, [card for card in cards if card.stage == stage.key]) for stage in journey_map().stages]
    stages = [drawer.stage(stage, those) for stage, those in by_stage]
    whole = total(placed.values())
    score = estimate(whole)
    shown = [one for stage in stages for one in stage.all_moments if one.score]
    costly = sorted((one for one in shown if one.pull < 0), key=lambda one: one.pull)[:MOST]
    return JourneyScreen(
        stages=stages,
        line=draw([drawer.reading(those) for _stage, those in by_stage]),
        whole=score,
        n=whole[1],
        conclusion=_conclusion(score, costly[0], desk) if score and costly else None,
        costly=costly,
        moved=sorted((one for one in shown if one.arrow), key=lambda one: -abs(one.change or 0))[:MOST],
        touchpoints=len({card.touchpoint for card in cards}),
        unplaced=total(now.values())[1] - whole[1],
    )


def _by_moment(answer: Answer) -> dict[str, Hits]:
    return {str(figure.key[0] or ""): hits_of(figure.sums) for figure in answer.figures}


class _Drawer:
    """Makes the cards of one screen out of the figures of both periods."""

    def __init__(
        self,
        now: Mapping[str, Hits],
        before: Mapping[str, Hits],
        pulls: Mapping[str, float],
        desk: Desk,
        addresses: Addresses,
        chosen: str,
    ) -> None:
        self._now, self._before, self._pulls = now, before, pulls
        self._language, self._addresses, self._chosen = desk.by.language, addresses, chosen
        self._changes = self._compared()

    def stage(self, stage: Named, cards: Sequence[MomentCard]) -> Stage:
        """A column; beyond the first few the moments are folded away, but never the chosen one."""
        found = sorted((self._moment(card) for card in cards), key=lambda one: (one.score is None, one.pull))
        folded = [one for one in found[SHOWN:] if not one.is_chosen]
        hits = total(self._now[card.key] for card in cards)
        score = estimate(hits)
        return Stage(
            key=stage.key,
            name=pick(stage.name, self._language),
            definition=pick(stage.definition, self._language),
            n=hits[1],
            score=score,
            tone=tone(score.value if score else None),
            moments=[one for one in found if one not in folded],
            folded=folded,
        )

    def reading(self, cards: Sequence[MomentCard]) -> Reading:
        """What the line says about a stage."""
        score = estimate(total(self._now[card.key] for card in cards))
        before = estimate(total(self._before[card.key] for card in cards))
        earlier = before.value if before else None
        return Reading(score.value, score.low, score.high, earlier) if score else Reading(before=earlier)

    def _moment(self, card: MomentCard) -> Moment:
        key, score, moved = card.key, estimate(self._now[card.key]), self._changes.get(card.key)
        touchpoint = journey_map().touchpoints.get(card.touchpoint)
        return Moment(
            key=key,
            name=pick(card.name, self._language),
            touchpoint=pick(touchpoint.name, self._language) if touchpoint else "",
            stage=card.stage,
            n=self._now[key][1],
            score=score,
            tone=tone(score.value if score else None),
            arrow=arrow(moved),
            change=moved.difference.value if moved else None,
            pull=self._pulls.get(key, 0.0),
            url=self._addresses.moment(key),
            panel_url=self._addresses.moment(key, panel="1"),
            push_url=self._addresses.journeys(moment=key),
            is_chosen=key == self._chosen,
        )

    def _compared(self) -> dict[str, Change | None]:
        """Only moments with enough answers in both periods are tested: the others would make the test blunter."""
        tested = [key for key in self._now if min(self._now[key][1], self._before[key][1]) >= FLOOR]
        pairs = {key: (_sums(self._now[key]), _sums(self._before[key])) for key in tested}
        return compare_many(measures()["top_box"], pairs)


def _sums(hits: Hits) -> dict[str, float]:
    return {"hits": hits[0], "n": hits[1]}


def _conclusion(whole: Estimate, worst: Moment, desk: Desk) -> Conclusion:
    language = desk.by.language
    value = percent(worst.score.value if worst.score else None)
    cost = points(worst.cost, language=language).lstrip("+")
    moved = ""
    if worst.arrow:
        told = {"change": points(worst.change, language=language), "period": str(desk.period.compared_with)}
        moved = _("That is %(change)s against %(period)s, more than chance.") % told
    lead = _("“%(moment)s” costs most: top-box rate %(value)s, n = %(n)s.")
    price = _("It pulls the whole journey's %(whole)s down by %(cost)s.")
    return Conclusion(
        lead=lead % {"moment": worst.name, "value": value, "n": plain(worst.n)},
        moved=moved,
        cost=price % {"whole": percent(whole.value), "cost": cost},
        moment=worst,
    )


def costs(found: Sequence[Moment]) -> list[BarRow]:
    """What the costliest moments cost, in points of the whole journey's rate."""
    return [BarRow(label=one.name, count=100 * one.cost, tone="bad", url=one.url) for one in found]
