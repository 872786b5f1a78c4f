"""What the pages about one questionnaire show, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass

from zhiyin.journey.queries import journey_map
from zhiyin.lib.text import pick
from zhiyin.people.queries import staff_cards
from zhiyin.surveys.queries import SurveyCard, VersionCard
from zhiyin.surveys.rules import Question, Questionnaire


@dataclass(frozen=True)
class SurveyRow:
    """One line of the list."""

    card: SurveyCard
    name: str
    touchpoints: str


@dataclass(frozen=True)
class QuestionRow:
    number: int
    key: str
    title: str
    gloss: str
    kind: str
    answers: str  # "0 非常不满意 – 10 非常满意", or the options
    dimension: str
    required: bool
    is_headline: bool
    source: str


@dataclass(frozen=True)
class VersionRow:
    card: VersionCard
    publisher: str


def survey_rows(cards: Sequence[SurveyCard], *, language: str) -> list[SurveyRow]:
    return [SurveyRow(card, pick(card.name, language), touchpoints(card.key, language=language)) for card in cards]


def touchpoints(survey: str, *, language: str) -> str:
    """Where an interaction asks this survey."""
    cards = sorted(journey_map().touchpoints.values(), key=lambda card: card.order)
    return "、".join(pick(card.name, language) for card in cards if card.survey == survey)


def question_rows(one: Questionnaire, *, language: str) -> list[QuestionRow]:
    dimensions = {card.key: pick(card.name, language) for card in journey_map().dimensions}
    return [
        QuestionRow(
            number=number,
            key=question.key,
            title=pick(question.title, language),
            gloss=pick(question.gloss, language),
            kind=question.kind.value,
            answers=_answers(question, language),
            dimension=dimensions.get(question.dimension, question.dimension),
            required=question.required,
            is_headline=question.key == one.roles.headline,
            source=", ".join(question.source),
        )
        for number, question in enumerate(one.questions, 1)
    ]


def _answers(question: Question, language: str) -> str:
    if question.scale:
        low, high = pick(question.scale.low_label, language), pick(question.scale.high_label, language)
        return f"{question.scale.low} {low} – {question.scale.high} {high}"
    return " / ".join(pick(option.text, language) for option in question.options)


def reason_rows(one: Questionnaire, *, language: str) -> list[tuple[str, str]]:
    """What may be ticked after a low score, each with the cause that it points to."""
    return [(pick(reason.text, language), reason.cause) for reason in (one.follow_up.reasons if one.follow_up else ())]


def version_rows(cards: Sequence[VersionCard]) -> list[VersionRow]:
    """With the name of whoever published, where that was a person."""
    numbers = {card.published_by: card.published_by.removeprefix("staff:") for card in cards}
    people = staff_cards([int(number) for number in numbers.values() if number.isdigit()])
    names = {
        actor: people[int(number)].name if number.isdigit() and int(number) in people else actor
        for actor, number in numbers.items()
    }
    return [VersionRow(card, names[card.published_by]) for card in cards]
