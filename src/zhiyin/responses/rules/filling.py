"""What an answer may be: from form fields or a record of another system to one filled-in questionnaire. Pure.

Nothing here raises for what a stranger typed. Every fault is noted beside its field and what was typed is kept, so
that the page can show it again.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from zhiyin.surveys.rules import CALL_ME, COMMENT, REASONS, Kind, Question, Questionnaire

PREFIX = "q_"
VERSION, STARTED = "v", "t"  # hidden fields of the page: which version it shows, when it was made
OWN_FIELDS = frozenset({VERSION, STARTED})
REPEAT_FOR = timedelta(minutes=10)  # the same body again is a double click or a lost reply, not a second answer
TOO_FAST = timedelta(seconds=2)  # nobody reads and answers a page in less (S69)
CROWD = 100  # responses from one address within a day

Typed = Mapping[str, Sequence[str]]
_WHOLE = re.compile(r"0|[1-9]\d?")
_TICK = re.compile(r"[a-z0-9_]{0,60}", re.ASCII)  # a score, an option, a reason: not words


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one field; ``params`` fill the sentence that there is for ``code``."""

    field: str
    code: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(slots=True)
class Filled:
    """A questionnaire as somebody filled it in. ``answers`` are (question, value, raw) as they will be kept."""

    typed: Typed
    scores: dict[str, int] = field(default_factory=dict)
    answers: list[tuple[str, int | None, str]] = field(default_factory=list)
    comment: str = ""
    wants_contact: bool = False
    headline: int | None = None
    is_low: bool = False
    faults: list[Wrong] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)  # answers to what was not on the page (S33)


def from_form(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, list[str]], list[str]]:
    """Answers by question key, and the names of fields that are none (S34: ignored, and logged by the caller)."""
    typed: dict[str, list[str]] = {}
    others: list[str] = []
    for name, value in pairs:
        if name.startswith(PREFIX):
            typed.setdefault(name.removeprefix(PREFIX), []).append(value)
        elif name not in OWN_FIELDS:
            others.append(name)
    return typed, others


def fill_page(typed: Typed, questionnaire: Questionnaire) -> Filled:
    """A submission of the page: what is required is there, and hidden branches hold nothing."""
    filled = _fill(typed, questionnaire)
    missing = [
        Wrong(question.key, "required")
        for question in questionnaire.questions
        if question.required and not any(typed.get(question.key, ()))
    ]
    filled.faults = _in_page_order([*filled.faults, *missing], questionnaire)
    if not filled.is_low:
        _drop_hidden(filled, questionnaire)
    return filled


def fill_record(typed: Typed, questionnaire: Questionnaire) -> Filled:
    """Answers that another system collected: it may have asked only part, but there must be something."""
    filled = _fill(typed, questionnaire)
    if not (filled.faults or filled.answers or filled.comment or filled.wants_contact):
        filled.faults.append(Wrong("", "no_answers"))
    return filled


def _fill(typed: Typed, questionnaire: Questionnaire) -> Filled:
    filled = Filled(typed=typed)
    own = {REASONS: _reasons, COMMENT: _comment, CALL_ME: _call_me}
    for key, values in typed.items():
        question = questionnaire.question(key)
        if question is not None:
            _ANSWER[question.kind](question, values, filled)
        elif key in own:
            own[key](questionnaire, values, filled)
        else:
            filled.faults.append(Wrong(key, "unknown_question"))
    filled.headline = filled.scores.get(questionnaire.roles.headline)
    filled.is_low = any(map(questionnaire.is_low, filled.scores.values()))
    return filled


def _scale(question: Question, values: Sequence[str], filled: Filled) -> None:
    scale = question.scale
    given = _single(question, values, filled)
    if given is None or scale is None:
        return
    # Full-width digits are digits (S32); names and words are never folded like this.
    text = unicodedata.normalize("NFKC", given).strip()
    score = int(text) if _WHOLE.fullmatch(text) else None
    if score is None or score not in scale.points:
        filled.faults.append(Wrong(question.key, "off_scale", {"low": scale.low, "high": scale.high}))
        return
    filled.scores[question.key] = score
    filled.answers.append((question.key, score, given.strip()))


def _choice(question: Question, values: Sequence[str], filled: Filled) -> None:
    ticked = [value for value in dict.fromkeys(values) if value]
    if not question.multiple and len(ticked) > 1:
        filled.faults.append(Wrong(question.key, "one_only"))
    elif not all(question.option(value) for value in ticked):
        filled.faults.append(Wrong(question.key, "unknown_option"))
    else:
        filled.answers += [(question.key, 1, value) for value in ticked]


def _text(question: Question, values: Sequence[str], filled: Filled) -> None:
    words = _words(question.key, values, question.longest, filled)
    if words:
        filled.answers.append((question.key, None, words))


_ANSWER = {Kind.SCALE: _scale, Kind.CHOICE: _choice, Kind.TEXT: _text}


def _single(question: Question, values: Sequence[str], filled: Filled) -> str | None:
    given = [value for value in values if value.strip()]
    if len(given) > 1:
        filled.faults.append(Wrong(question.key, "one_only"))  # S28, even where both say the same
        return None
    return given[0] if given else None


def _reasons(questionnaire: Questionnaire, values: Sequence[str], filled: Filled) -> None:
    follow_up = questionnaire.follow_up
    known = {reason.key for reason in follow_up.reasons} if follow_up else set()
    ticked = [value for value in dict.fromkeys(values) if value]
    if not known.issuperset(ticked):
        filled.faults.append(Wrong(REASONS, "unknown_option"))
        return
    filled.answers += [(REASONS, 1, value) for value in ticked]


def _comment(questionnaire: Questionnaire, values: Sequence[str], filled: Filled) -> None:
    if questionnaire.comment is None:
        filled.faults.append(Wrong(COMMENT, "unknown_question"))
        return
    filled.comment = _words(COMMENT, values, questionnaire.comment.longest, filled)


def _call_me(questionnaire: Questionnaire, values: Sequence[str], filled: Filled) -> None:
    if questionnaire.call_me is None:
        filled.faults.append(Wrong(CALL_ME, "unknown_question"))
        return
    filled.wants_contact = any(value not in ("", "0", "false") for value in values)


def _words(key: str, values: Sequence[str], longest: int, filled: Filled) -> str:
    """What somebody wrote, kept as it is except for NUL, which no database takes."""
    if len(values) > 1:
        filled.faults.append(Wrong(key, "one_only"))
        return ""
    words = values[0].replace("\0", "")
    # A browser counts a line break once and sends two characters for it.
    length = len(words.replace("\r\n", "\n"))
    if length > longest:
        filled.faults.append(Wrong(key, "too_long", {"longest": longest, "length": length}))
    return words if words.strip() else ""


def _drop_hidden(filled: Filled, questionnaire: Questionnaire) -> None:
    for key in hidden_unless_low(questionnaire):
        if not any(filled.typed.get(key, ())):
            continue
        filled.dropped.append(key)
        filled.faults = [wrong for wrong in filled.faults if wrong.field != key]
        if key == REASONS:
            filled.answers = [answer for answer in filled.answers if answer[0] != REASONS]
        elif key == COMMENT:
            filled.comment = ""
        else:
            filled.wants_contact = False


def hidden_unless_low(questionnaire: Questionnaire) -> tuple[str, ...]:
    """The fields that the page shows only after a low score. Without a follow-up no score is low, so all are shown."""
    if questionnaire.follow_up is None:
        return ()
    switched = ((COMMENT, questionnaire.comment), (CALL_ME, questionnaire.call_me))
    return (REASONS, *(key for key, item in switched if item is not None and item.shown == "low"))


def _in_page_order(faults: Sequence[Wrong], questionnaire: Questionnaire) -> list[Wrong]:
    order = {key: place for place, key in enumerate([*(q.key for q in questionnaire.questions), REASONS, COMMENT])}
    return sorted(faults, key=lambda wrong: order.get(wrong.field, len(order)))


def own_words(typed: Typed) -> str:
    """All that somebody wrote in their own words, for a page that could not take it (S60).

    Looks only at what was sent, never at what the link was, so that no answer tells one dead link from another (R17).
    """
    words = [
        value.replace("\0", "")
        for key, values in typed.items()
        for value in values
        if key == COMMENT or not _TICK.fullmatch(value)
    ]
    return "\n\n".join(word for word in words if word.strip())
