"""The geometry of small drawings: positions in per cent, so that no style attribute is needed (CSP forbids those)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from zhiyin.ui import numerals
from zhiyin.ui.cards import BarRow, FunnelStage, Interval, Tone

_MARGIN = 0.28  # of the span, left free on both sides of the outermost mark


@dataclass(frozen=True)
class DrawnInterval:
    """Positions along the track in per cent, and the sentence that says the same."""

    low: str
    width: str
    high: str
    value: str
    previous: str
    target: str
    tone: Tone
    label: str


def draw_interval(interval: Interval, *, language: str) -> DrawnInterval:
    """Place an interval, its value, the last period and the target on one track that spans them all."""
    marks = [interval.low, interval.value, interval.high]
    marks += [mark for mark in (interval.previous, interval.target) if mark is not None]
    span = max(marks) - min(marks) or abs(interval.value) or 1.0
    start = min(marks) - span * _MARGIN
    whole = span * (1 + 2 * _MARGIN)

    def at(mark: float | None) -> str:
        return "" if mark is None else per_cent((mark - start) / whole)

    return DrawnInterval(
        low=at(interval.low),
        width=per_cent((interval.high - interval.low) / whole),
        high=at(interval.high),
        value=at(interval.value),
        previous=at(interval.previous),
        target=at(interval.target),
        tone=interval.tone,
        label=_spoken(interval, language),
    )


def _spoken(interval: Interval, language: str) -> str:
    unit = interval.unit
    sign = numerals.scale_of(unit).level
    parts = [
        _("this period %(value)s, 95%% interval %(interval)s")
        % {
            "value": numerals.level(interval.value, unit=unit) + sign,
            "interval": numerals.interval(interval.low, interval.high, unit=unit, language=language),
        }
    ]
    if interval.previous is not None:
        parts.append(_("last period %(value)s") % {"value": numerals.level(interval.previous, unit=unit) + sign})
    if interval.target is not None:
        parts.append(_("target %(value)s") % {"value": numerals.level(interval.target, unit=unit) + sign})
    return ("，" if numerals.is_chinese(language) else ", ").join(parts)


def per_cent(share: float) -> str:
    """A share as the length of an SVG attribute, kept inside the drawing: ``37.6%``."""
    return f"{min(max(share, 0.0), 1.0) * 100:.1f}%"


@dataclass(frozen=True)
class DrawnBar:
    row: BarRow
    width: str
    share: float | None


def draw_bars(rows: Sequence[BarRow], *, whole: float | None = None) -> list[DrawnBar]:
    """Bars as shares of ``whole``; without it the longest bar fills the track and no share is claimed."""
    longest = whole if whole is not None else max((row.count for row in rows), default=0.0)
    return [
        DrawnBar(
            row=row,
            width=per_cent(row.count / longest if longest else 0.0),
            share=row.count / whole if whole else None,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class DrawnStage:
    stage: FunnelStage
    width: str
    rate: float | None  # of the stage before


def draw_funnel(stages: Sequence[FunnelStage]) -> list[DrawnStage]:
    """Each stage's bar as a share of the first stage, its rate as a share of the stage before."""
    first = stages[0].count if stages else 0
    before: list[int | None] = [None, *(stage.count for stage in stages)]
    return [
        DrawnStage(
            stage=stage,
            width=per_cent(stage.count / first if first else 0.0),
            rate=stage.count / last if last else None,
        )
        for stage, last in zip(stages, before, strict=False)
    ]
