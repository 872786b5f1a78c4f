"""What a figure means, and for composites: their versions, how far they hang on each weight, and defining another."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from zhiyin.lib.faults import Unclean
from zhiyin.lib.text import pick
from zhiyin.metrics.asking import definition
from zhiyin.metrics.composites import STEP, Composite, Swing, define, in_force, sensitivity, versions
from zhiyin.metrics.engine import measures
from zhiyin.metrics.language import Figure, Measure
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission
from zhiyin.reports.figures import Desk

WEIGHT = "weight_"  # form field of a weight


@dataclass(frozen=True)
class Part:
    """One measure within a composite, as it stands in the period."""

    key: str
    name: str
    figure: Figure
    unit: str


@dataclass(frozen=True)
class Making:
    """How a composite is made: parts, weights with what they do, versions; whether this viewer may define another."""

    composite: Composite
    parts: list[Part]
    swings: list[Swing]
    versions: list[Composite]
    may_define: bool
    step: float = STEP


def about(measure: Measure, language: str) -> dict[str, Any]:
    """The catalogue's entry in one language, for a page."""
    entry = definition(measure)
    return {
        **entry,
        "interval": pick(entry["interval"]["name"], language),
        "scoring": pick(entry["scoring"], language),
        "facts": ", ".join(entry["facts"]),
    }


def making(measure: Measure, desk: Desk) -> Making | None:
    """Of a composite; None for a measure that is none."""
    composite = in_force().get(measure.key)
    if composite is None:
        return None
    known, language = measures(), desk.by.language
    figures = {key: desk.ask(key).whole for key in composite.parts}
    return Making(
        composite=composite,
        parts=[
            Part(key, pick(known[key].name, language), figure, str(known[key].unit)) for key, figure in figures.items()
        ],
        swings=sensitivity(composite, figures),
        versions=versions(measure.key),
        may_define=desk.by.may(Permission.DEFINE_MEASURES),
    )


def define_version(key: str, form: Mapping[str, str], *, by: Viewer, now: datetime) -> Composite:
    """Another version with this formula and these weights. Raises NotAllowed, KeyError for a key that is no composite,
    Unclean with what is wrong."""
    by.require(Permission.DEFINE_MEASURES)
    held = in_force()[key]
    weights = {name: _number(form.get(f"{WEIGHT}{name}", ""), weight) for name, weight in held.weights.items()}
    given = replace(held, formula=form.get("formula", held.formula).strip(), weights=weights)
    return define(given, measures=measures(), by=by, now=now)


def _number(text: str, otherwise: float) -> float:
    if not text.strip():
        return otherwise
    try:
        return float(text.strip().replace("，", ".").replace(",", "."))
    except ValueError:
        return float("nan")  # ``define`` says which weight is no number


def sentences(unclean: Unclean, language: str) -> list[str]:
    return [fault.sentence(language) for fault in unclean.faults]
