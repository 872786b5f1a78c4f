"""What a screen says of a change with one sign. Pure; whether it is one is decided in ``metrics.comparing``."""

from typing import Literal

from zhiyin.lib.intervals import Verdict
from zhiyin.metrics.comparing import Change

Arrow = Literal["", "up", "down"]
ARROWS: dict[Verdict, Arrow] = {Verdict.SIGNIFICANT_UP: "up", Verdict.SIGNIFICANT_DOWN: "down"}


def arrow(moved: Change | None) -> Arrow:
    """Only a significant change has a direction."""
    return ARROWS.get(moved.verdict, "") if moved else ""
