"""An industry pack, read from its folder: ``load_pack`` gives a ``Pack`` or says everything that is wrong with it.

Pure: reads files, knows no Django and no clock. What each file and key means: ``docs/packs.md``. Questionnaires and
policy are read by the rooms that keep them as versions; a pack asks for more: sources, and names that exist.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhiyin.lib.text import LANGUAGES
from zhiyin.outreach.rules.policy import parse_policy
from zhiyin.outreach.rules.problems import PolicyInvalid
from zhiyin.outreach.rules.terms import Policy
from zhiyin.packs.checks import check
from zhiyin.packs.faults import Fault, Place
from zhiyin.packs.reading import Reader
from zhiyin.packs.shape.about import About
from zhiyin.packs.shape.cases import CauseTree, Emotions, Steps, Terms
from zhiyin.packs.shape.journey import Journey, Moments
from zhiyin.packs.shape.sample import Sample
from zhiyin.surveys.rules import Faulty, Questionnaire, parse_file

HERE = Path(__file__).parent
ABOUT, SURVEY, POLICY = "pack.toml", "survey.toml", "policy.toml"
SHAPES: dict[str, tuple[str, type[Any]]] = {  # file → attribute of Pack, and what its content is read into
    ABOUT: ("about", About),
    "journey.toml": ("journey", Journey),
    "moments.toml": ("moments", Moments),
    "terms.toml": ("terms", Terms),
    "causes.toml": ("causes", CauseTree),
    "steps.toml": ("steps", Steps),
    "emotions.toml": ("emotions", Emotions),
    "sample.toml": ("sample", Sample),
}
FILES = (*SHAPES, SURVEY, POLICY)


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A whole pack. ``tables`` holds each file as TOML gives it and ``policy_text`` the policy as it is written,
    for rooms that keep such content as a version of their own."""

    about: About
    journey: Journey
    moments: Moments
    surveys: tuple[Questionnaire, ...]
    policy: Policy
    terms: Terms
    causes: CauseTree
    steps: Steps
    emotions: Emotions
    sample: Sample
    tables: Mapping[str, Mapping[str, Any]]
    policy_text: str


class PackBroken(Exception):
    """The pack cannot be used. ``faults`` are all of them, sorted by file; the message has one a line."""

    code = "pack_broken"

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"The pack in {path} has {len(self.faults)} fault(s):\n{lines}")


def built_in_packs() -> dict[str, Path]:
    """The folders of the packs that come with the product, by key."""
    return {path.parent.name: path.parent for path in sorted(HERE.glob(f"*/{ABOUT}"))}


def load_pack(path: Path) -> Pack:
    """Read and check the pack in this folder. Raises ``PackBroken`` with every fault at once."""
    faults: list[Fault] = []
    texts = {file: _text(path / file, faults) for file in FILES}
    tables = {file: table for file, text in texts.items() if (table := _table(file, text, faults)) is not None}
    reader = Reader(languages=_languages(tables.get(ABOUT, {}), faults), check=check)
    parts = {
        name: reader.read(cls, tables[file], Place(file)) for file, (name, cls) in SHAPES.items() if file in tables
    }
    surveys = _surveys(tables[SURVEY], reader) if SURVEY in tables else ()
    policy = _policy(texts[POLICY] or "", tables[POLICY], reader) if POLICY in tables else None
    if len(tables) == len(FILES):  # what an unreadable file declares is not known: its names would all dangle
        reader.finish()
    faults += reader.faults
    if faults or policy is None:
        raise PackBroken(path, faults)
    whole: dict[str, Any] = {**parts, "tables": tables, "policy_text": texts[POLICY]}
    return Pack(surveys=surveys, policy=policy, **whole)


def _text(path: Path, faults: list[Fault]) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        faults.append(Fault(path.name, "", "is missing."))
    except (OSError, UnicodeDecodeError) as problem:
        faults.append(Fault(path.name, "", f"cannot be read as UTF-8: {problem}."))
    return None


def _table(file: str, text: str | None, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        return None if text is None else tomllib.loads(text)
    except (ValueError, RecursionError) as problem:  # also digits without end, brackets without end
        faults.append(Fault(file, "", f"is not TOML: {problem}."))
        return None


def _languages(about: dict[str, Any], faults: list[Fault]) -> tuple[str, ...]:
    """The languages that every text must have: at least those of the house."""
    named = about.get("languages", [*LANGUAGES])
    if isinstance(named, list) and all(isinstance(each, str) for each in named) and set(LANGUAGES) <= set(named):
        return tuple(named)
    faults.append(Fault(ABOUT, "languages", f"must be a list with at least {' and '.join(LANGUAGES)}."))
    return LANGUAGES


def _surveys(table: dict[str, Any], reader: Reader) -> tuple[Questionnaire, ...]:
    """The questionnaires, with a source for every item and the names that they give and use."""
    reader.sources_within(table, Place(SURVEY), without=frozenset({"option"}))
    for place, survey in reader.entries(table, "survey", Place(SURVEY)):
        reader.declares("survey", survey.get("key"), place.at("key"))
        reader.uses("scenario", survey.get("scenario"), place.at("scenario"))
        for at, question in reader.entries(survey, "question", place):
            reader.uses("dimension", question.get("dimension"), at.at("dimension"))
        for at, reason in reader.entries(survey.get("follow_up"), "reason", place.at("follow_up")):
            reader.declares("reason", reason.get("key"), at.at("key"))
            reader.uses("cause", reason.get("cause"), at.at("cause"))
    try:
        return tuple(parse_file(table))
    except Faulty as faulty:
        for fault in faulty.faults:
            reader.say(Place(SURVEY, fault.where), fault.sentence % fault.params)
        return ()


def _policy(text: str, table: dict[str, Any], reader: Reader) -> Policy | None:
    reader.sources_within(table, Place(POLICY))
    try:
        return parse_policy(text)
    except PolicyInvalid as invalid:
        for problem in invalid.problems:
            reader.say(Place(POLICY, problem.key), problem.sentence("en"))
        return None
