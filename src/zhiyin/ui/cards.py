"""What the parts of a screen are given: small frozen types. Shares are 0–1, NPS −100–100, as in the API.

A card says what is true; how it is written, coloured and announced is the part's business (``components``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from zhiyin.lib import intervals

Tone = Literal["", "primary", "good", "bad", "warn", "crit"]

# Below this many answers no rate, rank or colour is shown (DESIGN principle 3).
FLOOR = 30


class Word(StrEnum):
    """The six verdicts, in fixed words (DESIGN section 5)."""

    UP = "up"
    DOWN = "down"
    NO_DIFFERENCE = "no_difference"  # crosses zero, narrower than the smallest change that matters
    INCONCLUSIVE = "inconclusive"  # crosses zero and is wider
    TOO_FEW = "too_few"
    OUT_OF_CONTROL = "out_of_control"


_WORDS = {
    intervals.Verdict.SIGNIFICANT_UP: Word.UP,
    intervals.Verdict.SIGNIFICANT_DOWN: Word.DOWN,
    intervals.Verdict.NOT_SIGNIFICANT: Word.NO_DIFFERENCE,
    intervals.Verdict.INCONCLUSIVE: Word.INCONCLUSIVE,
    intervals.Verdict.LOW_N: Word.TOO_FEW,
    intervals.Verdict.OUT_OF_CONTROL: Word.OUT_OF_CONTROL,
}


@dataclass(frozen=True)
class Verdict:
    """What the test said. ``better`` tells whether a rise is good news or bad."""

    word: Word
    better: Literal["up", "down"] = "up"

    @staticmethod
    def of(found: intervals.Verdict, better: Literal["up", "down"] = "up") -> "Verdict":
        """The verdict of a comparison, as screens show it."""
        return Verdict(_WORDS[found], better)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A value between the ends of its 95% interval, beside what it is compared with."""

    low: float
    value: float
    high: float
    previous: float | None = None
    target: float | None = None
    unit: str = "share"
    tone: Tone = "primary"


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """One headline measure. Without ``change`` the card says that there is nothing to compare with yet."""

    key: str
    label: str
    value: float | None
    n: int | None
    unit: str = "share"
    n_label: str = "n ="
    low: float | None = None
    high: float | None = None
    previous: float | None = None
    target: float | None = None
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    compared_with: str = ""  # "上月": a translated word
    verdict: Verdict | None = None
    floor: int = FLOOR
    url: str = ""  # makes the whole card a link, for example to its trend
    definition_url: str = ""
    records_url: str = ""
    sure_url: str = ""  # of a line that says how much less sure the figure is than it looks; fetched by itself
    is_selected: bool = False

    @property
    def is_withheld(self) -> bool:
        return self.n is not None and self.n < self.floor


@dataclass(frozen=True, kw_only=True)
class HeatScale:
    """Colour steps of a matrix: seven each way from ``centre``, each ``step`` wide, in the measure's own scale."""

    centre: float
    step: float
    floor: int = FLOOR

    def css(self, value: float | None) -> str:
        """``heat-b1`` … ``heat-b7`` below the centre, ``heat-g1`` … ``heat-g7`` above, ``heat-0`` in its half step."""
        if value is None or self.step <= 0:
            return "heat-0"
        steps = round((value - self.centre) / self.step)
        return f"heat-{'g' if steps > 0 else 'b'}{min(abs(steps), 7)}" if steps else "heat-0"


@dataclass(frozen=True, kw_only=True)
class HeatCell:
    """One cell of a matrix; below the floor its value is withheld and only n is shown."""

    value: float | None
    n: int
    unit: str = "share"
    change: Literal["", "up", "down"] = ""  # set only where the change is significant
    url: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class HeatRow:
    label: str
    cells: Sequence[HeatCell]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a procedure such as the five C: done, the current one, or still to do; ``late`` stays marked."""

    label: str
    note: str = ""
    state: Literal["done", "current", "todo"] = "todo"
    is_late: bool = False
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One entry of a timeline."""

    at: datetime
    text: str
    who: str = ""
    note: str = ""
    tone: Tone = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class FunnelStage:
    """One stage of a funnel, and what was lost on the way to it."""

    label: str
    count: int
    url: str = ""
    loss_label: str = ""
    loss: int | None = None
    loss_url: str = ""
    tone: Tone = "primary"


@dataclass(frozen=True, kw_only=True)
class BarRow:
    """A named share with a bar, such as a checklist item or a reason."""

    label: str
    count: float
    note: str = ""
    tone: Tone = ""
    url: str = ""


@dataclass(frozen=True)
class Crumb:
    label: str
    url: str = ""


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    count: int | None = None
    is_active: bool = False
