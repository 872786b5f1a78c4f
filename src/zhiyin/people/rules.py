"""What a person allows: purposes, the ground that each stands on, and what holds after merging and undoing it.

Two small sets of bits stand on the customer's row, so that the hot path reads them with the row that it locks anyway:
``refuses`` (said no) and ``agrees`` (said yes, with proof). Everything behind them is in the rows of ``Consent``.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

WAYS = ("link", "sms", "staff", "api", "bounce", "complaint")  # how a refusal reaches us


class Purpose(StrEnum):
    """What we may write to somebody for."""

    SURVEY = "survey"
    CARE = "care"
    RESEARCH = "research"


class Basis(StrEnum):
    """The ground that a purpose stands on for one person (PIPL 13)."""

    CONTRACT = "contract"
    CONSENT = "consent"
    LEGAL_DUTY = "legal_duty"


class Flag(StrEnum):
    """What keeps us from writing to somebody, whatever they said."""

    INTERNAL = "internal"
    UNDER_14 = "under_14"
    OPEN_LEGAL_CASE = "open_legal_case"


BITS: Mapping[Purpose, int] = {Purpose.SURVEY: 1, Purpose.CARE: 2, Purpose.RESEARCH: 4}
NOTHING, EVERYTHING = 0, 7
SURVEY_BIT = BITS[Purpose.SURVEY]
# Without a word of the person's own: whoever was served may be asked how it was. Research waits for a yes.
USUAL_BASIS: Mapping[Purpose, Basis] = {
    Purpose.SURVEY: Basis.CONTRACT,
    Purpose.CARE: Basis.CONTRACT,
    Purpose.RESEARCH: Basis.CONSENT,
}


def bits_of(purposes: Iterable[Purpose]) -> int:
    """The set as it stands on the row."""
    return sum(BITS[purpose] for purpose in set(purposes))


def purposes_of(bits: int) -> tuple[Purpose, ...]:
    """The purposes in a set, always in the same order."""
    return tuple(purpose for purpose, bit in BITS.items() if bits & bit)


def may_write(purpose: Purpose, *, refuses: int, agrees: int) -> bool:
    """Whether anything may be sent for this purpose. A refusal wins; what needs a yes waits for one."""
    bit = BITS[purpose]
    return not refuses & bit and (USUAL_BASIS[purpose] is not Basis.CONSENT or bool(agrees & bit))


def is_newer(said_at: datetime, *, refused_at: datetime | None) -> bool:
    """Whether a consent of this moment overrules a refusal of that one: only one that came later does."""
    return refused_at is None or said_at > refused_at


class Standing(NamedTuple):
    """What one person's row says. ``opted_out_at`` is set exactly when everything is refused."""

    refuses: int = NOTHING
    agrees: int = NOTHING
    opted_out_at: datetime | None = None

    def refusing(self, bits: int, *, at: datetime) -> "Standing":
        refuses = self.refuses | bits
        since = (self.opted_out_at or at) if refuses == EVERYTHING else None
        return Standing(refuses, self.agrees & ~bits, since)

    def agreeing(self, bits: int) -> "Standing":
        refuses = self.refuses & ~bits
        return Standing(refuses, self.agrees | bits, self.opted_out_at if refuses == EVERYTHING else None)


class Said(NamedTuple):
    """One thing somebody said while two customers were one: under which of the two, for which purpose, yes or no."""

    customer: int
    purpose: Purpose
    is_refusal: bool
    at: datetime


def joined(one: Standing, other: Standing, *, at: datetime) -> Standing:
    """What holds for two who are one person: whatever either refused is refused."""
    since = min((moment for moment in (one.opted_out_at, other.opted_out_at) if moment), default=None)
    both = Standing(NOTHING, one.agrees | other.agrees, since)
    return both.refusing(one.refuses | other.refuses, at=at)


def parted(before: Standing, said: Sequence[Said], *, own: Collection[int]) -> Standing:
    """What holds for one of two after they turned out to be two: as it was before, and what was said since.

    A refusal said while they were one holds for both, since nobody can tell whose it was. A yes holds for whom it was
    said as: ``own`` names the customers of this side.
    """
    standing = before
    for one in sorted(said, key=lambda each: each.at):
        bit = BITS[one.purpose]
        if one.is_refusal:
            standing = standing.refusing(bit, at=one.at)
        elif one.customer in own:
            standing = standing.agreeing(bit)
    return standing


def flag_after_parting(*, before: bool, of_the_other: bool, now: bool) -> bool:
    """A flag after undoing: as it was before; one that neither had then was set on the whole person and stays."""
    return before or (now and not of_the_other)
