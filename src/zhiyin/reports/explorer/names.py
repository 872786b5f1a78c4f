"""What people call the values of dimensions. A name is told only of what stands in the reader's own rows."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.journey.queries import journey_map, moments
from zhiyin.lib.text import pick
from zhiyin.metrics.engine import dimensions
from zhiyin.metrics.language import NOT_KNOWN
from zhiyin.outreach.words import CHANNELS, STATES, reason_label
from zhiyin.people.queries import staff_cards, unit_names
from zhiyin.reports.explorer.question import EMPTY
from zhiyin.surveys.queries import current_versions, surveys

GRAINS = ("hour", "day", "week", "month", "quarter", "year")


def spelled(value: Any) -> str:
    """A value of a dimension as an address names it."""
    if value is None:
        return NOT_KNOWN
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def in_address(value: Any) -> str:
    return spelled(value) or EMPTY


class Names:
    """Names in one language, looked up once for a page."""

    def __init__(self, language: str) -> None:
        self.language = language

    def of(self, dimension: str, values: Iterable[Any]) -> dict[Any, str]:
        """Value → what a person reads."""
        listed = list(values)
        many: dict[str, Callable[[list[Any]], Mapping[Any, str]]] = {"unit": self._units, "staff": self._staff}
        if dimension in many:
            known = many[dimension]([one for one in listed if one is not None])
            return {one: known.get(one, _("not stated") if one is None else str(one)) for one in listed}
        return {one: self.one(dimension, one) for one in listed}

    def one(self, dimension: str, value: Any) -> str:
        if value is None or value == "":
            return str(_("not stated"))
        declared = dimensions()[dimension].labels if dimension in dimensions() else None
        if declared is not None and (written := declared([value], self.language).get(value)):
            return written
        own = self._own.get(dimension)
        return (own(value) if own else "") or str(value)

    @cached_property
    def _own(self) -> Mapping[str, Callable[[Any], str]]:
        known = journey_map()
        named = {card.key: card.name for card in moments()}
        dimension_names = {card.key: card.name for card in known.dimensions}
        stage_names = {card.key: card.name for card in known.stages}
        survey_names = {card.key: card.name for card in surveys()}
        return {
            "touchpoint": lambda key: self._name(known.touchpoints.get(key)),
            "scenario": lambda key: self._name(known.scenarios.get(key)),
            "moment": lambda key: pick(named.get(key), self.language),
            "dimension": lambda key: pick(dimension_names.get(key), self.language),
            "stage": lambda key: pick(stage_names.get(key), self.language),
            "survey": lambda key: pick(survey_names.get(key), self.language),
            "question": lambda key: pick(self._questions.get(key), self.language),
            "version": lambda number: f"v{number}",
            "channel": lambda key: str(CHANNELS.get(key, "")),
            "state": lambda key: str(STATES.get(key, "")),
            "reason": lambda key: reason_label(key, (), self.language),
            "complaint": lambda flag: str(_("complaint") if flag in (True, "true") else _("no complaint")),
            "week": lambda day: _("week of %(day)s") % {"day": str(day)[5:10]},
            "month": lambda day: str(day)[:7],
            "day": lambda day: str(day)[5:10],
        }

    def _name(self, card: Any) -> str:
        return pick(card.name, self.language) if card else ""

    @cached_property
    def _questions(self) -> dict[str, Any]:
        cards = current_versions().values()
        return {one.key: one.title for card in cards for one in card.questionnaire.questions}

    def _units(self, ids: list[int]) -> Mapping[int, str]:
        return unit_names(ids, self.language)

    def _staff(self, ids: list[int]) -> Mapping[int, str]:
        return {key: f"{card.name} {card.code}".strip() for key, card in staff_cards(ids).items()}
