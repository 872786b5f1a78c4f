"""From which score an answer is in the top box, how far the low ones reach, and what may be read as NPS. Pure.

A survey says its thresholds once, for its headline question. On another scale they stand where they stand on that one:
a 5 of 1–5 is the top box, and so is a 10 of 0–10, not a 5.
"""

from zhiyin.surveys.rules import Question, Questionnaire, Scale

LOW_PART = (6, 10)  # of a scale's length, where the survey says nothing: 6 of 0–10


def top_from(questionnaire: Questionnaire, question: Question) -> int:
    """Rounded up: nobody comes into the top box by another scale's coarseness."""
    own, head = question.scale, _headline(questionnaire)
    threshold = questionnaire.roles.top_from
    if own is None or head is None or (own.low, own.high) == (head.low, head.high):
        return threshold
    return own.low - (-(threshold - head.low) * (own.high - own.low) // (head.high - head.low))


def low_to(questionnaire: Questionnaire, question: Question) -> int:
    """Rounded down, and always below the scale's top."""
    own, head, asked = question.scale, _headline(questionnaire), questionnaire.follow_up
    assert own is not None
    if asked is None or head is None:
        part, of = LOW_PART
    elif (own.low, own.high) == (head.low, head.high):
        return asked.low_to
    else:
        part, of = asked.low_to - head.low, head.high - head.low
    return own.low + part * (own.high - own.low) // of


def is_nps(questionnaire: Questionnaire, question: Question) -> bool:
    """The question that the survey names for it, or else its headline; on 0–10 only, for which promoters and
    detractors are defined."""
    scale, roles = question.scale, questionnaire.roles
    named = roles.named.get("nps", roles.headline)
    return question.key == named and scale is not None and (scale.low, scale.high) == (0, 10)


def _headline(questionnaire: Questionnaire) -> Scale | None:
    question = questionnaire.question(questionnaire.roles.headline)
    return question.scale if question else None
