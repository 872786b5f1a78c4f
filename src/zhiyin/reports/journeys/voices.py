"""What customers said at one moment: the newest comments, masked, and the reasons ticked after low scores."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from zhiyin.journey.queries import interaction_cards
from zhiyin.lib.text import pick
from zhiyin.people.tree import OrganisationTree
from zhiyin.reports.figures import Desk
from zhiyin.responses.queries import Asked, ResponseCard, responses
from zhiyin.surveys.queries import versions_by_id
from zhiyin.ui import cards

PAGE, PAGES = 100, 5  # answers of the touchpoint read at a time, and how often: the moment stands on the interaction
MOST_REASONS = 4


@dataclass(frozen=True)
class Quote:
    """One comment with the score beside it."""

    response_id: int
    text: str
    headline: int | None
    answered_at: datetime
    language: str  # in which the customer filled in the page


@dataclass(frozen=True)
class Voices:
    """Quotes, newest first. The reasons are those of ``low`` low answers among the newest of the period."""

    quotes: Sequence[Quote]
    reasons: Sequence[cards.BarRow]
    low: int


def voices_of(moment: str, touchpoint_id: int, desk: Desk, *, most: int) -> Voices:
    """At most ``most`` quotes of the period, within the viewer's units."""
    quotes = []
    for card in _at(moment, _asked(touchpoint_id, desk, only_with_comment=True), desk):
        quotes.append(Quote(card.id, card.comment, card.headline, card.answered_at, card.language))
        if len(quotes) == most:
            break
    low = [card for card in _at(moment, _asked(touchpoint_id, desk), desk) if card.reasons]
    return Voices(quotes, _reasons(low, desk.by.language), len(low))


def _asked(touchpoint_id: int, desk: Desk, *, only_with_comment: bool = False) -> Asked:
    unit = dict(desk.where).get("unit")
    return Asked(
        touchpoint_id=touchpoint_id,
        units=OrganisationTree().below(unit) if unit else None,
        since=_midnight(desk.period.since),
        until=_midnight(desk.period.until + timedelta(days=1)),
        only_with_comment=only_with_comment,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def _at(moment: str, asked: Asked, desk: Desk) -> Iterator[ResponseCard]:
    """The newest answers of the touchpoint whose interaction was at this moment; recovery answers are no part of it."""
    before = None
    for _page in range(PAGES):
        found = responses(asked, by=desk.by, before=before, limit=PAGE)
        shown = found[:PAGE]
        ids = {card.interaction_id for card in shown if card.interaction_id}
        places = {identifier: card.moment for identifier, card in interaction_cards(ids, by=desk.by).items()}
        for card in shown:
            if card.purpose != "recovery" and places.get(card.interaction_id or 0) == moment:
                yield card
        if len(found) <= PAGE:
            return
        before = shown[-1].id


def _reasons(low: Sequence[ResponseCard], language: str) -> list[cards.BarRow]:
    versions = versions_by_id({card.survey_version_id for card in low})
    texts = {
        reason.key: pick(reason.text, language)
        for version in versions.values()
        if version.questionnaire.follow_up
        for reason in version.questionnaire.follow_up.reasons
    }
    counts = Counter(reason for card in low for reason in set(card.reasons))
    return [
        cards.BarRow(label=texts.get(key, key), count=count, tone="bad")
        for key, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_REASONS]
    ]
