"""Composites: a safe formula over measures, with weights, in versions that people may edit; a measure like any other.

The product brings some (``catalogue.COMPOSITES``, number 0); a row with the same key takes their place. A formula
names measures by key and weights by name, and knows ``+ - * / ( ) min max`` and nothing else (``lib.formula``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import import_module
from math import isfinite
from typing import Any

from django.conf import settings
from django.db import transaction

from zhiyin.ledger.events import fact
from zhiyin.ledger.record import Actor, record
from zhiyin.lib.faults import Unclean, fault
from zhiyin.lib.formula import Formula, understand
from zhiyin.lib.intervals import Estimate
from zhiyin.lib.lately import Lately
from zhiyin.lib.text import Text
from zhiyin.metrics.adjusting import composite as reckoned
from zhiyin.metrics.language import Figure, Measure, Method, Unit
from zhiyin.metrics.models import CompositeVersion

KEY = re.compile(r"[a-z][a-z0-9_]{1,59}")
UNITS = (Unit.INDEX, Unit.SCORE, Unit.SHARE, Unit.NPS, Unit.MONEY, Unit.RATIO)
STEP = 0.05  # by which a weight is moved to see what hangs on it
_CERTAIN = 10**12  # a weight is a decision, not a sample


@fact("metrics.composite_defined")
@dataclass(frozen=True)
class CompositeDefined:
    """A composite has a new version from now on."""

    key: str
    number: int
    is_retired: bool = False


@dataclass(frozen=True, kw_only=True)
class Composite:
    """One version. ``number`` 0 came with the product."""

    key: str
    name: Text
    definition: Text
    formula: str
    weights: Mapping[str, float] = field(default_factory=dict)
    unit: Unit = Unit.INDEX
    higher_is_better: bool = True
    source: str = ""
    number: int = 0
    is_retired: bool = False
    defined_at: datetime | None = None
    defined_by: str = ""

    @property
    def understood(self) -> Formula:
        return understand(self.formula)

    @property
    def parts(self) -> tuple[str, ...]:
        """The measures that it is made of."""
        return tuple(name for name in self.understood.names if name not in self.weights)


def built_in() -> Mapping[str, Composite]:
    """Those that the product brings."""
    found: tuple[Composite, ...] = getattr(import_module(settings.CATALOGUE), "COMPOSITES", ())
    return {one.key: one for one in found}


def _read() -> dict[str, Composite]:
    newest: dict[str, Composite] = dict(built_in())
    for row in CompositeVersion.objects.order_by("key", "number"):
        newest[row.key] = _of(row)
    return {key: one for key, one in newest.items() if not one.is_retired}


in_force = Lately(_read)


def versions(key: str) -> list[Composite]:
    """All versions of a composite, the newest first."""
    rows = [_of(row) for row in CompositeVersion.objects.filter(key=key).order_by("-number")]
    first = built_in().get(key)
    return [*rows, *([first] if first else [])]


def _of(row: CompositeVersion) -> Composite:
    return Composite(
        key=row.key,
        name=row.name,
        definition=row.definition,
        formula=row.formula,
        weights=row.weights,
        unit=Unit(row.unit),
        higher_is_better=row.higher_is_better,
        source=row.source,
        number=row.number,
        is_retired=row.is_retired,
        defined_at=row.defined_at,
        defined_by=row.defined_by,
    )


def check(given: Composite, *, measures: Mapping[str, Measure]) -> None:
    """Raise Unclean with what is wrong: the key, the formula by position, a weight, a circle, a name that is taken."""
    faults = []
    taken = measures.get(given.key)
    if not KEY.fullmatch(given.key) or given.key in ("min", "max"):
        faults.append(fault("composite_invalid.key", field="key"))
    elif taken is not None and not taken.parts:
        faults.append(fault("composite_invalid.taken", field="key", name=given.key))
    for name, weight in given.weights.items():
        if not KEY.fullmatch(name) or name in measures or name in ("min", "max"):
            faults.append(fault("composite_invalid.weight_name", field="weights", name=name))
        elif not isfinite(weight):
            faults.append(fault("composite_invalid.weight", field="weights", name=name))
    if faults:
        raise Unclean(faults, status=422)
    known = frozenset({key for key, one in measures.items() if key != given.key and one.unit is not Unit.COUNT})
    formula = understand(given.formula, known=known | frozenset(given.weights))
    parts = [name for name in formula.names if name not in given.weights]
    if not parts:
        raise Unclean([fault("composite_invalid.no_measure", field="formula")], status=422)
    if unused := sorted(set(given.weights) - set(formula.names)):
        raise Unclean([fault("composite_invalid.unused", field="weights", name=unused[0])], status=422)
    if given.key in _made_of(parts, measures):
        raise Unclean([fault("composite_invalid.circle", field="formula", name=given.key)], status=422)


def _made_of(parts: list[str], measures: Mapping[str, Measure]) -> set[str]:
    """Everything that these measures rest on, through however many composites."""
    found: set[str] = set()
    left = list(parts)
    while left:
        key = left.pop()
        if key not in found:
            found.add(key)
            left += measures[key].parts if key in measures else ()
    return found


@transaction.atomic
def define(given: Composite, *, measures: Mapping[str, Measure], by: Actor, now: datetime) -> Composite:
    """Make this the version in force; the same again makes none. Who may is the caller's to say. Raises Unclean."""
    check(given, measures=measures)
    newest = next(iter(versions(given.key)), None)
    if newest is not None and _same(newest, given):
        return newest
    number = (newest.number if newest else 0) + 1
    row = CompositeVersion.objects.create(
        key=given.key,
        number=number,
        name=dict(given.name),
        definition=dict(given.definition),
        formula=given.formula,
        weights={name: float(weight) for name, weight in given.weights.items()},
        unit=str(given.unit),
        higher_is_better=given.higher_is_better,
        source=given.source,
        is_retired=given.is_retired,
        defined_at=now,
        defined_by=by.actor,
    )
    told = CompositeDefined(key=given.key, number=number, is_retired=given.is_retired)
    record(told, by=by, now=now, subject=f"measure:{given.key}")
    in_force.forget()
    return _of(row)


def _same(one: Composite, other: Composite) -> bool:
    def bare(composite: Composite) -> Composite:
        return replace(composite, number=0, defined_at=None, defined_by="", weights=dict(composite.weights))

    return bare(one) == bare(other)


def as_measure(one: Composite) -> Measure:
    """The composite as a measure. The interval is as wide as it can be: its parts may rest on the same answers."""
    return Measure(
        key=one.key,
        name=one.name,
        definition=one.definition,
        formula=shown_formula(one),
        unit=one.unit,
        fact="",
        at="",
        sums={},
        estimate=lambda sums: estimate(one, sums["parts"]),
        method=Method.WIDEST,
        parts=one.parts,
        higher_is_better=one.higher_is_better,
        source=one.source,
        number=one.number,
    )


def shown_formula(one: Composite) -> str:
    """The formula with its weights spelled out."""
    text = one.formula
    for name, weight in one.weights.items():
        text = re.sub(rf"\b{name}\b", f"{weight:g}", text)
    return text


def estimate(one: Composite, parts: Mapping[str, Any]) -> Estimate | None:
    """The composite of these figures (``Figure`` or anything with value, low, high and n); None: not measurable."""
    figures: dict[str, Estimate] = {
        name: Estimate(weight, weight, weight, _CERTAIN) for name, weight in one.weights.items()
    }
    for name in one.parts:
        part = parts.get(name)
        value, low, high, n = _read_part(part) if part is not None else (None, None, None, 0)
        if value is None or low is None or high is None:
            return None
        figures[name] = Estimate(value, low, high, n)
    return reckoned(one.understood, figures, same_answers=True)


def _read_part(part: Any) -> tuple[float | None, float | None, float | None, int]:
    if isinstance(part, Mapping):
        return part["value"], part["low"], part["high"], int(part["n"])
    return part.value, part.low, part.high, int(part.n)


@dataclass(frozen=True)
class Swing:
    """What another opinion about one weight would do to the figure; the other weights give or take in proportion."""

    weight: str
    now: float
    lower: float | None  # the figure with the weight ``STEP`` lower
    higher: float | None


def sensitivity(one: Composite, parts: Mapping[str, Figure], *, step: float = STEP) -> list[Swing]:
    """How far the figure hangs on each weight."""
    found = []
    for name, weight in one.weights.items():
        down, up = (estimate(_moved(one, name, by), parts) for by in (-step, step))
        found.append(Swing(name, weight, down.value if down else None, up.value if up else None))
    return found


def _moved(one: Composite, name: str, by: float) -> Composite:
    """The composite with one weight moved and the sum of all kept; no weight goes below 0 or above the sum."""
    whole = sum(one.weights.values())
    moved = min(max(one.weights[name] + by, 0.0), max(whole, 0.0))
    others = whole - one.weights[name]
    scale = (whole - moved) / others if others else 1.0
    weights = {key: moved if key == name else weight * scale for key, weight in one.weights.items()}
    return replace(one, weights=weights)
