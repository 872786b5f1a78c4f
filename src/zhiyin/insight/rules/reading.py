"""Reading one comment: which words of feeling stand in it, whether they are meant, and what they add up to.

    points of a word = its weight, 0 where an odd number of negations reaches it, × 1.5 or 0.5 for each word beside it
                       that strengthens or weakens
    a soothing word that is negated (不满意 where only 满意 is listed) counts half its weight as anger
    anger            = the sum, × 1.25 where two exclamation marks follow each other; never below 0
    is_angry         = anger ≥ the lexicon's ``angry_from``

Whether a word is meant is judged within one thought: a comma, 但, 还 or "but" ends what a negation denies.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zhiyin.insight.rules.lexicon import Kind, Lexicon, Word, fold_character

NEGATED_PRAISE = -0.5
SHOUTING = 1.25
_SHOUTS = re.compile(r"[!！]\s*[!！]")
_ENGLISH_WORD = re.compile(r"[a-z0-9']+")


@dataclass(frozen=True)
class Span:
    """A stretch of the comment to highlight: ``text[start:end]``, and the lexicon's word that was found there."""

    start: int
    end: int
    term: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a comment says about how the customer feels. ``anger`` is in the lexicon's points, 0 and above."""

    anger: float
    is_angry: bool
    spans: tuple[Span, ...]
    topics: tuple[str, ...]  # the groups of the angry words found, the heaviest first


@dataclass(frozen=True)
class _Found:
    """A word at its place in the folded text."""

    word: Word
    start: int
    end: int


def read_comment(text: str, lexicon: Lexicon) -> Reading:
    """Read ``text`` with the words of ``lexicon``. An empty comment is calm."""
    folded, places = _folded(text)
    found = list(_words_in(folded, lexicon))
    spans: list[Span] = []
    by_group: dict[str, float] = {}
    total = 0.0
    for index, each in enumerate(found):
        points, start = _points(index, found, folded, lexicon)
        total += points
        if points > 0 and each.word.expression is not None:
            spans.append(Span(places[start], places[each.end - 1] + 1, each.word.expression.text))
            by_group[each.word.expression.group] = by_group.get(each.word.expression.group, 0.0) + points
    anger = round(max(0.0, total * (SHOUTING if _SHOUTS.search(text) else 1.0)), 2)
    topics = tuple(sorted(by_group, key=lambda group: (-by_group[group], group)))
    return Reading(anger=anger, is_angry=anger >= lexicon.angry_from, spans=tuple(spans), topics=topics)


def _folded(text: str) -> tuple[str, list[int]]:
    """The folded text and, for each of its characters, where it stood in the original.

    Blanks between Chinese characters go (垃 圾 is 垃圾), other runs of blanks become one space.
    """
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for piece in fold_character(character):
            blank = piece.isspace() and piece != "\n"
            if blank and (not letters or letters[-1] == " "):
                continue
            if letters and letters[-1] == " " and _is_chinese(piece) and len(letters) > 1 and _is_chinese(letters[-2]):
                letters.pop()
                places.pop()
            letters.append(" " if blank else piece)
            places.append(place)
    return "".join(letters), places


def _words_in(folded: str, lexicon: Lexicon) -> Iterator[_Found]:
    """Words from left to right, the longest at each place, none overlapping."""
    position = 0
    while position < len(folded):
        word = next(
            (one for one in lexicon.words_by_first.get(folded[position], ()) if _stands_at(one, folded, position)), None
        )
        if word is None:
            position += 1
            continue
        yield _Found(word, position, position + len(word.text))
        position += len(word.text)


def _stands_at(word: Word, folded: str, position: int) -> bool:
    """English words must be whole: "mad" is not in "made"."""
    if not folded.startswith(word.text, position):
        return False
    end = position + len(word.text)
    before, after = folded[position - 1 : position], folded[end : end + 1]
    return not word.is_latin or not (_is_letter(before) or _is_letter(after))


def _points(index: int, found: list[_Found], folded: str, lexicon: Lexicon) -> tuple[float, int]:
    """What the word at ``index`` adds, and where what is to be highlighted begins: 不满意 with its 不."""
    each = found[index]
    if each.word.expression is None:
        return 0.0, each.start
    negations, factor, first_negation = 0, 1.0, each.start
    for earlier in reversed(found[:index]):
        if earlier.word.kind in (Kind.BREAK, Kind.EXPRESSION):
            break
        if not _reaches(earlier, each, folded, lexicon):
            break
        if earlier.word.kind is Kind.NEGATION:
            negations += 1
            first_negation = earlier.start
        factor *= earlier.word.factor
    follower = found[index + 1] if index + 1 < len(found) else None
    if follower is not None and follower.start == each.end and not follower.word.is_latin:
        factor *= follower.word.factor  # 失望透顶, 气死了
    weight = each.word.expression.weight
    if negations % 2:
        return (weight * NEGATED_PRAISE if weight < 0 else 0.0), first_negation
    return weight * factor, each.start


def _reaches(earlier: _Found, each: _Found, folded: str, lexicon: Lexicon) -> bool:
    """Whether ``earlier`` ends close enough before ``each`` to bear on it."""
    between = folded[earlier.end : each.start]
    if earlier.word.is_latin:
        return len(_ENGLISH_WORD.findall(between)) <= lexicon.reach_words
    return len(between.replace(" ", "")) <= lexicon.reach_characters


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _is_letter(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "'")
