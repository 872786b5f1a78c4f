"""The policy as people read it: its versions, each in plain sentences, and what a proposed one would change."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from zhiyin.lib.errors import NotFound
from zhiyin.lib.text import both, pick
from zhiyin.outreach.models import PolicyVersion
from zhiyin.outreach.naming import as_called
from zhiyin.outreach.policy_lines import line_of
from zhiyin.outreach.rules import DEFAULT, PolicyInvalid, parse_policy, render_policy, to_toml
from zhiyin.people.queries import staff_cards

WAYS = {
    "system:cli": both("命令行", "Command line"),
    "system:demo": both("演示数据", "Sample data"),
}
PRODUCT = both("知音初始设置", "Zhiyin, when it was set up")


@dataclass(frozen=True)
class Sentence:
    """One rule in words. ``is_new``: the version before did not say this."""

    text: str
    is_new: bool = False


@dataclass(frozen=True)
class VersionCard:
    """One version. ``applied_by`` is a name, or how it came in if nobody logged in; empty for the product's default.
    ``dropped`` is what it no longer says."""

    number: int
    toml: str
    applied_at: datetime | None
    applied_by: str
    sentences: Sequence[Sentence]
    dropped: Sequence[str]

    @property
    def told(self) -> str:
        """Who, and what was new."""
        return " · ".join(filter(None, (self.applied_by, *(one.text for one in self.sentences if one.is_new))))


def versions(*, language: str) -> list[VersionCard]:
    """Every version, the newest first; before any was applied, the product's own default as number 0."""
    rows = list(PolicyVersion.objects.order_by("number"))
    if not rows:
        return [VersionCard(0, to_toml(DEFAULT), None, "", _compared(to_toml(DEFAULT), None, language), ())]
    names = _names((row.applied_by for row in rows), language)
    texts = [None, *(row.toml for row in rows)]
    cards = [
        VersionCard(
            number=row.number,
            toml=row.toml,
            applied_at=row.applied_at,
            applied_by=names.get(row.applied_by, ""),
            sentences=_compared(row.toml, before, language),
            dropped=dropped(row.toml, before, language),
        )
        for row, before in zip(rows, texts, strict=False)
    ]
    return cards[::-1]


def version_of(number: int, cards: Sequence[VersionCard]) -> VersionCard:
    """The version with this number. Raises NotFound."""
    found = next((card for card in cards if card.number == number), None)
    if found is None:
        raise NotFound
    return found


def applied_at(number: int) -> datetime | None:
    """Since when this version was in force; None for the product's default."""
    return PolicyVersion.objects.filter(number=number).values_list("applied_at", flat=True).first()


def proposed(text: str, *, against: str, language: str) -> tuple[Sequence[Sentence], Sequence[str]]:
    """What a policy would say, and what it would no longer say. Raises PolicyInvalid with every problem."""
    return _compared(text, against, language), dropped(text, against, language)


@dataclass(frozen=True)
class Located:
    """A problem in words, and the line of the text that it is about; None: no single one."""

    line: int | None
    sentence: str


def located(text: str, invalid: PolicyInvalid, language: str) -> list[Located]:
    """Every problem at its line, in the order of the text."""
    found = []
    for problem in invalid.problems:
        sentence = problem.sentence(language)
        found.append(Located(line_of(text, problem.key, sentence), sentence))
    return sorted(found, key=lambda one: (one.line is None, one.line or 0))


@dataclass(frozen=True)
class Changed:
    """A line of the comparison: ``sign`` is ``+`` for a new one, ``-`` for one that goes, empty for one that stays."""

    sign: str
    text: str


def changed_lines(before: str, after: str) -> list[Changed]:
    """The two texts line by line, with two lines of what stays around each change; empty where nothing changes."""
    rows: list[Changed] = []
    for line in difflib.unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=2):
        if line.startswith(("---", "+++")) and not rows:
            continue
        rows.append(Changed("@", "…") if line.startswith("@@") else Changed(line[:1].strip(), line[1:]))
    return rows[1:] if rows and rows[0].sign == "@" else rows


def dropped(text: str, before: str | None, language: str) -> list[str]:
    """The sentences of the text before that this one does not have."""
    if before is None:
        return []
    mine = set(_sentences(text, language))
    return [sentence for sentence in _sentences(before, language) if sentence not in mine]


def _compared(text: str, before: str | None, language: str) -> list[Sentence]:
    old = set(_sentences(before, language)) if before is not None else None
    return [Sentence(one, old is not None and one not in old) for one in _sentences(text, language)]


def _sentences(text: str, language: str) -> list[str]:
    return render_policy(as_called(parse_policy(text, is_new=False), language), language=language)


def _names(actors: Iterable[str], language: str) -> dict[str, str]:
    """Actor → the name of the member of staff, or how the policy came in without one."""
    actors = set(actors)
    numbers = {actor: int(actor[6:]) for actor in actors if actor.startswith("staff:") and actor[6:].isdigit()}
    cards = staff_cards(numbers.values())
    ways = {actor: pick(WAYS.get(actor, PRODUCT), language) for actor in actors if actor.startswith("system:")}
    return ways | {actor: cards[number].name for actor, number in numbers.items() if number in cards}
