"""From an answer or an interaction to the occasion for a case. Reading only: ``loop.py`` hands it to ``cases``."""

from collections.abc import Iterable

from zhiyin.alerts.rules import AnswerFacts, InteractionFacts, signals_of_answer, signals_of_interaction
from zhiyin.cases.rules.occasions import Kind, Occasion
from zhiyin.insight.queries import reading
from zhiyin.journey.queries import interaction_cards
from zhiyin.people.access import Viewer
from zhiyin.responses.queries import response_cards

SYSTEM = Viewer.system("alerts")


def signals_of_response(response_id: int) -> Occasion | None:
    """What there is to look into about this answer, ready for ``cases.actions.open_case``; None for nothing.

    None also for an answer whose customer nobody knows: there is nobody to reach.
    """
    card = response_cards([response_id], by=SYSTEM).get(response_id)
    if card is None or card.customer_id is None:
        return None
    read = reading(card.comment)
    is_recovery = card.purpose == "recovery"
    facts = AnswerFacts(
        scores=card.scores,
        low_to=card.low_to,
        ticked=card.ticked,
        is_recovery=is_recovery,
        wants_contact=card.wants_contact,
        comment=card.comment,
    )
    signals = signals_of_answer(facts, read.reading, lexicon=read.lexicon)
    if not signals:
        return None
    return Occasion(
        kind=Kind.RESPONSE,
        ref_id=card.id,
        signals=signals,
        customer_id=card.customer_id,
        unit_id=card.unit_id,
        touchpoint_id=card.touchpoint_id,
        interaction_id=card.interaction_id,
        response_id=card.id,
        about_id=card.served_by,
        headline=card.headline,
        comment=card.comment,
        asks_about_case=card.case_id if is_recovery else None,
    )


def signals_of_interactions(interaction_ids: Iterable[int]) -> list[Occasion]:
    """The same for each of these interactions that has something to look into."""
    occasions: list[Occasion] = []
    for card in interaction_cards(interaction_ids, by=SYSTEM).values():
        signals = signals_of_interaction(
            InteractionFacts(
                is_complaint=card.is_complaint,
                started_at=card.started_at,
                ended_at=card.ended_at,
                attributes=card.attributes,
            )
        )
        if signals:
            occasions.append(
                Occasion(
                    kind=Kind.INTERACTION,
                    ref_id=card.id,
                    signals=signals,
                    customer_id=card.customer_id,
                    unit_id=card.unit_id,
                    touchpoint_id=card.touchpoint_id,
                    interaction_id=card.id,
                    about_id=card.staff_id,
                )
            )
    return occasions
