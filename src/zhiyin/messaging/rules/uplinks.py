"""What a customer means who writes back: to be left alone, a score, something that a person must read.

Opting out is read generously and at once, since refusing must be easy (RELIABILITY G52–G60); whatever else was said
besides goes to a person. Nothing is ever answered by a machine, so that two machines cannot write to each other (G69).
"""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

LONGEST = 2000  # characters of a reply that are looked at and kept


class Meaning(StrEnum):
    """What a reply says."""

    OPT_OUT = "opt_out"  # nothing but that
    OPT_OUT_AND_MORE = "opt_out_and_more"  # that, among other words
    COMPLAINT = "complaint"  # about being written to
    SCORE = "score"  # a number and nothing else
    AUTOMATIC = "automatic"  # a machine's: I am driving, I am away
    OTHER = "other"


# As people and carriers spell it: 拒收请回复R; T and TD stand for 退订.
_WORDS = frozenset(
    ("r", "t", "td", "n", "no", "stop", "unsubscribe", "cancel", "quit", "optout", "退", "退订", "退定", "拒收", "拒绝")
    + (
        "取消",
        "取消订阅",
        "不要",
        "不需要",
        "别发了",
        "不要再发",
        "不要发了",
        "勿扰",
        "请勿打扰",
        "回复r",
        "回复t",
        "回复td",
    )
)
_SAYS_NO = re.compile(
    r"退订|退定|拒收|取消订阅|(?:别|不要|勿|请勿|不许|停止)(?:再)?(?:给我)?(?:发|打扰|骚扰)|unsubscribe|optout|stopsending"
)
# 我没有退订, 不想退订: nobody is to be lost by a word that denies it. A person reads it.
_DENIED = re.compile(r"(?:没|没有|不|不想|不用|不要|不是|别|无需|未)(?:要|想|曾|给我)?(?:退订|退定|拒收|取消订阅)")
_COMPLAINS = re.compile(r"骚扰|垃圾短信|12321|12300|举报|spam|harass")
_AUTOMATIC = re.compile(
    r"自动回复|自动应答|autoreply|automaticreply|outofoffice|正在开车|正在驾驶|正在开会稍后|稍后(?:再)?(?:回复|联系)(?:您|你)"
)
_SCORE = re.compile(r"([0-9]|10)分?")
_CHINESE_DIGITS = {word: str(value) for value, word in enumerate("零一二三四五六七八九十")}


class Course(NamedTuple):
    """What follows from a reply."""

    opts_out: bool = False
    needs_person: bool = False
    answers: bool = False  # the score answers the one survey that is open


def plain(text: str) -> str:
    """The words without what keyboards, phones and gateways put around them: width, case, spaces, punctuation."""
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def meaning_of(text: str) -> Meaning:
    """What a whole reply says; parts are to be joined before."""
    words = plain(text)
    if words in _WORDS:
        return Meaning.OPT_OUT
    if _AUTOMATIC.search(words):
        return Meaning.AUTOMATIC
    if _COMPLAINS.search(words):
        return Meaning.COMPLAINT
    if _SAYS_NO.search(_DENIED.sub("", words)):
        return Meaning.OPT_OUT_AND_MORE
    return Meaning.SCORE if score_of(text) is not None else Meaning.OTHER


def score_of(text: str) -> int | None:
    """The number that is all there is: 5, ５, 五, 10分."""
    words = plain(text)
    found = _SCORE.fullmatch(_CHINESE_DIGITS.get(words.removesuffix("分"), words))
    return int(found[1]) if found else None


def what_follows(meaning: Meaning, *, open_surveys: int, scores_answer: bool = False) -> Course:
    """What is to be done. ``scores_answer``: a number answers the one survey that is open, else a person reads it."""
    match meaning:
        case Meaning.OPT_OUT:
            return Course(opts_out=True)
        case Meaning.OPT_OUT_AND_MORE | Meaning.COMPLAINT:
            return Course(opts_out=True, needs_person=True)
        case Meaning.AUTOMATIC:
            return Course()
        case Meaning.SCORE if scores_answer and open_surveys == 1:
            return Course(answers=True)
    return Course(needs_person=True)


def joined(parts: Sequence[tuple[int, str]], *, number: int) -> str | None:
    """The text of a long reply once all its parts are there, whatever order they came in (G64); else None."""
    texts = dict(parts)
    if not all(part in texts for part in range(1, number + 1)):
        return None
    return "".join(texts[part] for part in range(1, number + 1))
