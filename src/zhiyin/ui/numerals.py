"""How a number is written, in both languages (DESIGN section 5). Pure: the language is an argument.

Rates and NPS carry one decimal; a change is in points, never in per cent; minus is the true minus; what is not known
is a dash and never a zero. Halves round away from zero on the shortest decimal form, as people do by hand.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

Number = int | float | Decimal

UNKNOWN = "—"
MINUS = "−"


@dataclass(frozen=True)
class Scale:
    """How a measure's unit is shown: its factor, decimals, what follows a level, and what follows a difference."""

    factor: int = 1
    decimals: int = 1
    level: str = ""
    chinese_change: str = ""
    english_change: str = ""

    def change(self, language: str) -> str:
        """What follows a difference, with its own space: " 点" or " pp"."""
        return self.chinese_change if is_chinese(language) else self.english_change


# A measure's unit as the API names it (CONTRACT section 3): shares are 0–1, NPS is −100–100.
SCALES = {
    "share": Scale(factor=100, level="%", chinese_change=" 点", english_change=" pp"),
    "nps": Scale(),
    "score": Scale(),
    "mean": Scale(decimals=2),
    "index": Scale(),
    "weight": Scale(decimals=2),
    "count": Scale(decimals=0),
    "money": Scale(decimals=2),
    "ratio": Scale(decimals=3),
}


def is_chinese(language: str) -> bool:
    return language.lower().startswith("zh")


def scale_of(unit: str) -> Scale:
    """The scale of a unit. Raises ValueError with the known units."""
    try:
        return SCALES[unit]
    except KeyError:
        raise ValueError(f"Unknown unit {unit!r}. Use one of: {', '.join(SCALES)}.") from None


def decimal_of(value: Number | None) -> Decimal | None:
    """The value as a decimal; None for what is not a number: None, NaN, infinite, a template's empty string."""
    if value is None or isinstance(value, bool | str):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    exact = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    return exact if exact.is_finite() else None


def plain(value: Number | None, *, decimals: int = 0) -> str:
    """A level, grouped by thousands: ``184,206``, ``−3.5``. Unknown is a dash."""
    exact = decimal_of(value)
    return UNKNOWN if exact is None else _written(exact, decimals)


def signed(value: Number | None, *, decimals: int = 1) -> str:
    """A difference with its sign; a difference that rounds to zero has none."""
    text = plain(value, decimals=decimals)
    if text == UNKNOWN or text.startswith(MINUS) or not text.strip("0."):
        return text
    return f"+{text}"


def level(value: Number | None, *, unit: str = "share") -> str:
    """A measure's level without its sign of unit: share 0.786 is ``78.6``."""
    scale = scale_of(unit)
    exact = decimal_of(value)
    return UNKNOWN if exact is None else _written(exact * scale.factor, scale.decimals)


def percent(share: Number | None) -> str:
    """A share of 0–1 as ``78.6%``."""
    text = level(share, unit="share")
    return text if text == UNKNOWN else f"{text}%"


def change(value: Number | None, *, unit: str = "share", language: str) -> str:
    """A difference with its unit: ``−1.5 点``, ``−1.5 pp``; of NPS ``+1.1``."""
    scale = scale_of(unit)
    exact = decimal_of(value)
    if exact is None:
        return UNKNOWN
    return signed(exact * scale.factor, decimals=scale.decimals) + scale.change(language)


def change_with_interval(
    value: Number | None, low: Number | None, high: Number | None, *, unit: str = "share", language: str
) -> str:
    """A difference with its own interval: ``−1.5 点（−2.4 ~ −0.6）``."""
    written = change(value, unit=unit, language=language)
    scale = scale_of(unit)
    ends = [decimal_of(low), decimal_of(high)]
    if written == UNKNOWN or None in ends:
        return written
    first, last = (signed(end * scale.factor, decimals=scale.decimals) for end in ends if end is not None)
    return f"{written}（{first} ~ {last}）" if is_chinese(language) else f"{written} ({first} to {last})"


def interval(low: Number | None, high: Number | None, *, unit: str = "share", language: str) -> str:
    """The ends of a level's interval: ``77.9–79.3``; with a negative end ``−2.0 ~ 4.4``, so that no sign is lost."""
    first, last = level(low, unit=unit), level(high, unit=unit)
    if UNKNOWN in (first, last):
        return UNKNOWN
    if MINUS not in first + last:
        return f"{first}–{last}"
    return f"{first} ~ {last}" if is_chinese(language) else f"{first} to {last}"


def headline(value: Number | None, *, language: str) -> str:
    """A count for a headline: grouped below 100,000, above it ``12.3 万`` or ``123.4K``."""
    exact = decimal_of(value)
    if exact is None or abs(exact) < 100_000:
        return plain(value)
    steps = ((10**8, " 亿"), (10**4, " 万")) if is_chinese(language) else ((10**9, "B"), (10**6, "M"), (10**3, "K"))
    divisor, name = next(step for step in steps if abs(exact) >= step[0])
    return _written(exact / divisor, 1) + name


def money(amount: Number | None, *, language: str) -> str:
    """Yuan with fen: ``30.00 元``, ``¥30.00``."""
    text = plain(amount, decimals=2)
    if text == UNKNOWN:
        return text
    return f"{text} 元" if is_chinese(language) else f"¥{text}"


def hours_and_minutes(length: timedelta) -> str:
    """A length as ``h:mm``, whole minutes begun are not counted; the sign is the caller's."""
    minutes = int(abs(length).total_seconds()) // 60
    return f"{minutes // 60}:{minutes % 60:02d}"


def _written(value: Decimal, decimals: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{decimals}f}"
    return f"{MINUS}{text}" if rounded < 0 else text
