"""The words of feeling, as a pack's ``emotions.toml`` brings them, made ready for finding them in a text.

The pack says which expressions carry how much anger and which words turn them off. What belongs to the languages
themselves and not to a trade (what strengthens, what only looks like a negation, what begins a new thought) stands
here.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

CHINESE, ENGLISH = "zh-hans", "en"


class Kind(StrEnum):
    """What a found word does."""

    EXPRESSION = "expression"
    LOOKALIKE = "lookalike"
    NEGATION = "negation"
    INTENSIFIER = "intensifier"
    BREAK = "break"


# Factors by which a word next to an expression changes its weight: 太气人 weighs more than 有点气人.
STRONG, WEAK = 1.5, 0.5
INTENSIFIERS: Mapping[str, float] = {
    **dict.fromkeys(
        ("太", "非常", "十分", "极其", "极度", "特别", "超级", "相当", "实在", "真是", "简直", "完全", "一直")
        + ("透顶", "至极", "极了", "死了", "透了", "到极点", "得要命", "得不行"),
        STRONG,
    ),
    **dict.fromkeys(("very", "so", "extremely", "absolutely", "totally", "really", "utterly", "completely"), STRONG),
    **dict.fromkeys(("有点", "有点儿", "有些", "稍微", "略", "一点点", "些许", "稍稍"), WEAK),
    **dict.fromkeys(("slightly", "a bit", "a little", "somewhat", "mildly"), WEAK),
}
# These contain a negation and deny nothing: 能不能别这么敷衍 complains of 敷衍; "never been so angry" is angry.
LOOKALIKES = (
    *("是不是", "能不能", "可不可以", "有没有", "会不会", "要不要", "好不好", "行不行", "得不得"),
    *("不得不", "不仅", "不但", "不光", "不只", "不单", "不止", "不过", "不断", "不停", "不时", "不然", "不如"),
    *("难道不", "岂不", "还不够", "不要太", "没想到", "没完没了", "没有比", "没见过这么", "没见过这样", "从没这么"),
    *("从来没有这么", "从来没这么", "从未如此", "从未这么", "无非", "无数"),
    *("not only", "not just", "not to mention", "no doubt", "can't believe", "cannot believe", "no wonder"),
    *("never been so", "never been this", "never been more", "never felt so", "never seen such", "isn't it"),
)
# A new thought: a negation before it no longer holds. 没解决，还态度恶劣: 还 keeps 没 away from 恶劣.
BREAKS = (
    *"，。！？；：、,.!?;:\n…",
    *("但是", "但", "可是", "却", "反而", "而且", "并且", "还", "居然", "竟然", "结果", "所以", "因为"),
    *("but", "yet", "however", "although", "because", "then", "instead"),
)


class BadLexicon(ValueError):
    """The lexicon cannot be used; the sentence names the key."""


@dataclass(frozen=True)
class Expression:
    """One word of feeling. ``weight`` is in points of anger; below zero it soothes."""

    text: str
    weight: float
    group: str


@dataclass(frozen=True)
class Word:
    """A word as the finder meets it, in folded spelling."""

    text: str
    kind: Kind
    expression: Expression | None = None
    factor: float = 1.0

    @property
    def is_latin(self) -> bool:
        return self.text.isascii() and any(character.isalpha() for character in self.text)


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """All words, and from how many points on a comment is angry. Build it once and keep it: see ``lexicon_of``."""

    expressions: tuple[Expression, ...]
    negations: frozenset[str]
    reach_characters: int  # how far before an expression a Chinese negation may end
    reach_words: int  # the same for an English one
    angry_from: float

    @cached_property
    def words_by_first(self) -> Mapping[str, tuple[Word, ...]]:
        """All words by their first character, the longest first: 非常不满意 is one word before it is 不满."""
        found: dict[str, Word] = {}
        for word in self._words():
            found.setdefault(word.text, word)  # the kinds come in order of precedence
        by_first: dict[str, list[Word]] = {}
        for word in sorted(found.values(), key=lambda one: -len(one.text)):
            by_first.setdefault(word.text[0], []).append(word)
        return {first: tuple(words) for first, words in by_first.items()}

    def _words(self) -> Iterable[Word]:
        yield from (Word(fold(one.text), Kind.EXPRESSION, one) for one in self.expressions)
        yield from (Word(text, Kind.INTENSIFIER, factor=factor) for text, factor in INTENSIFIERS.items())
        yield from (Word(text, Kind.LOOKALIKE) for text in LOOKALIKES)
        yield from (Word(fold(text), Kind.NEGATION) for text in self.negations)
        yield from (Word(text, Kind.BREAK) for text in BREAKS)


def lexicon_of(content: Mapping[str, Any]) -> Lexicon:
    """The lexicon from the table that ``emotions.toml`` holds. Raises BadLexicon naming the key that is wrong."""
    try:
        negations = content["negations"]
        lexicon = Lexicon(
            expressions=tuple(
                Expression(word, float(group["weight"]), str(group["key"]))
                for group in content["expressions"]
                for words in group["words"].values()
                for word in words
            ),
            negations=frozenset(word for words in negations["words"].values() for word in words),
            reach_characters=int(negations["reach"][CHINESE]),
            reach_words=int(negations["reach"][ENGLISH]),
            angry_from=float(content["angry_from"]),
        )
    except KeyError as missing:
        raise BadLexicon(f"The key {missing.args[0]!r} is missing from the lexicon.") from missing
    except (TypeError, ValueError, AttributeError) as wrong:
        raise BadLexicon(f"The lexicon has not the shape of emotions.toml: {wrong}.") from wrong
    if lexicon.angry_from <= 0:
        raise BadLexicon("angry_from must be above 0; otherwise a comment without any words would be angry.")
    if any(not fold(text) for text in (*(one.text for one in lexicon.expressions), *lexicon.negations)):
        raise BadLexicon("An empty word is found everywhere; leave it out of the lexicon.")
    return lexicon


def fold(text: str) -> str:
    """One spelling: half width, small letters, straight apostrophes. What is typed oddly must still be found."""
    return "".join(fold_character(character) for character in text)


def fold_character(character: str) -> str:
    """The folded spelling of one character; empty for what is invisible."""
    if character in "’‘`´":
        return "'"
    if unicodedata.category(character) == "Cf":
        return ""
    return unicodedata.normalize("NFKC", character).lower()
