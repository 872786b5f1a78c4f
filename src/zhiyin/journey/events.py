"""What journey tells the ledger."""

from dataclasses import dataclass, field

from zhiyin.ledger.events import fact


@fact("journey.interactions_received")
@dataclass(frozen=True)
class InteractionsReceived:
    """A batch came in and was decided in the same transaction. One fact for the batch: the hot path writes no row of
    audit per customer."""

    ids: list[int]
    invited: list[int]  # the interactions of ``ids`` that lead to an invitation
    complaints: list[int]  # the interactions of ``ids`` that carry the complaint flag
    source: str
    policy: int
    disputed: list[int] = field(default_factory=list)  # those of ``ids`` that were a dispute and ended in a ticket


@fact("journey.survey_chosen")
@dataclass(frozen=True)
class SurveyChosen:
    """From now on interactions at this touchpoint ask that survey."""

    touchpoint: str
    survey: str


@fact("journey.counters_told")
@dataclass(frozen=True)
class CountersTold:
    """Another system told how many there were of some steps of the funnel."""

    ids: list[int]
    source: str


@fact("journey.attribute_declared")
@dataclass(frozen=True)
class AttributeDeclared:
    """Figures can be cut by this attribute of interactions from now on, or its names are others."""

    key: str
    is_new: bool


@fact("journey.attribute_retired")
@dataclass(frozen=True)
class AttributeRetired:
    """No figure is cut by this attribute any more. What came in with interactions stays in the record."""

    key: str


@fact("journey.shift_put")
@dataclass(frozen=True)
class ShiftPut:
    """A part of the day has this name and these hours from now on, for the past too."""

    key: str
    from_hour: int
    until_hour: int


@fact("journey.shift_retired")
@dataclass(frozen=True)
class ShiftRetired:
    """No figure is cut by this part of the day any more."""

    key: str
