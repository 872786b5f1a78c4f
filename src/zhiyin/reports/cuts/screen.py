"""What is declared, what each cuts, which hours no shift has, and what systems send that nobody declared."""

from collections.abc import Sequence
from dataclasses import dataclass

from zhiyin.journey.declaring import KEY, MOST_SHIFTS, OWN
from zhiyin.journey.queries import AttributeCard, ShiftCard, journey_map, sent_attributes
from zhiyin.journey.rules import SLOTS
from zhiyin.lib.text import Text, pick
from zhiyin.metrics.asking import dimensions_of
from zhiyin.metrics.engine import measures

DAY = range(24)


@dataclass(frozen=True)
class Declared:
    """A line of one of the tables. ``cuts`` counts measures, ``values`` has a line for each value with a name."""

    key: str
    name: str
    text: Text
    cuts: int
    sent: int = 0
    values: str = ""
    values_count: int = 0
    from_hour: int = 0
    until_hour: int = 0

    @property
    def chinese(self) -> str:
        return self.text.get("zh-hans", "")

    @property
    def english(self) -> str:
        return self.text.get("en", "")


@dataclass(frozen=True, kw_only=True)
class Cuts:
    attributes: Sequence[Declared]
    shifts: Sequence[Declared]
    undeclared: Sequence[tuple[str, int]]
    measures: int
    uncovered: str  # hours of no shift
    shared: str  # hours of more than one: the first in the list has them

    @property
    def places_left(self) -> int:
        return SLOTS - len(self.attributes)

    @property
    def has_room_for_shifts(self) -> bool:
        return len(self.shifts) < MOST_SHIFTS


def cuts_of(language: str) -> Cuts:
    """Everything on the page."""
    known, sent = journey_map(), sent_attributes()
    reach = {key: sum(key in dimensions_of(one) for one in measures().values()) for key in _keys(known.attributes)}
    hours = [hour for shift in known.shifts for hour in shift.hours]
    taken = {card.key for card in known.attributes}
    return Cuts(
        attributes=[
            _attribute(card, reach[f"attr.{card.key}"], sent.get(card.key, 0), language) for card in known.attributes
        ],
        shifts=[_shift(card, reach["shift"], language) for card in known.shifts],
        undeclared=[(key, n) for key, n in sent.items() if key not in taken | OWN and KEY.fullmatch(key)][:12],
        measures=len(measures()),
        uncovered=spans([hour for hour in DAY if hour not in hours]) if hours else "",
        shared=spans([hour for hour in DAY if hours.count(hour) > 1]),
    )


def _keys(attributes: Sequence[AttributeCard]) -> list[str]:
    return ["shift", *(f"attr.{card.key}" for card in attributes)]


def _attribute(card: AttributeCard, cuts: int, sent: int, language: str) -> Declared:
    values = "\n".join(
        f"{value} = {text.get('zh-hans', '')} | {text.get('en', '')}" for value, text in card.values.items()
    )
    return Declared(card.key, pick(card.name, language), card.name, cuts, sent, values, len(card.values))


def _shift(card: ShiftCard, cuts: int, language: str) -> Declared:
    until = (card.hours[-1] + 1) % 24 or 24
    return Declared(card.key, pick(card.name, language), card.name, cuts, from_hour=card.hours[0], until_hour=until)


def spans(hours: Sequence[int]) -> str:
    """Hours in words: 0, 1, 2, 22 → 0–3, 22–23."""
    found: list[list[int]] = []
    for hour in hours:
        if found and found[-1][1] == hour:
            found[-1][1] = hour + 1
        else:
            found.append([hour, hour + 1])
    return ", ".join(f"{first}–{until}" for first, until in found)
