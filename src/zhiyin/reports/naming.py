"""What the values of a dimension are called, in the reader's language."""

from collections.abc import Callable, Hashable, Mapping, Sequence

from django.utils.translation import gettext as _

from zhiyin.journey.queries import journey_map, moments
from zhiyin.lib.text import pick
from zhiyin.outreach.words import CHANNELS
from zhiyin.people.queries import staff_cards, unit_names

Names = Mapping[Hashable, str]


def names_of(dimension: str, keys: Sequence[Hashable], language: str) -> dict[Hashable, str]:
    """Key → name. A key that is not known keeps its own spelling; nothing named is said so."""
    known = _KINDS.get(dimension, _as_they_are)(keys, language)
    nothing = _("no touchpoint named") if dimension == "touchpoint" else _("not named")
    return {key: known.get(key) or (str(key) if key not in (None, "") else nothing) for key in keys}


def _as_they_are(_keys: Sequence[Hashable], _language: str) -> Names:
    return {}


def _touchpoints(_keys: Sequence[Hashable], language: str) -> Names:
    return {key: pick(card.name, language) for key, card in journey_map().touchpoints.items()}


def _moments(_keys: Sequence[Hashable], language: str) -> Names:
    return {card.key: pick(card.name, language) for card in moments()}


def _dimensions(_keys: Sequence[Hashable], language: str) -> Names:
    return {card.key: pick(card.name, language) for card in journey_map().dimensions}


def _units(keys: Sequence[Hashable], language: str) -> Names:
    names = unit_names([key for key in keys if isinstance(key, int)], language)
    return {key: names[key] for key in names}


def _staff(keys: Sequence[Hashable], _language: str) -> Names:
    return {key: card.name for key, card in staff_cards([key for key in keys if isinstance(key, int)]).items()}


def _channels(_keys: Sequence[Hashable], _language: str) -> Names:
    return {key: str(name) for key, name in CHANNELS.items()}


_KINDS: Mapping[str, Callable[[Sequence[Hashable], str], Names]] = {
    "touchpoint": _touchpoints,
    "moment": _moments,
    "dimension": _dimensions,
    "unit": _units,
    "staff": _staff,
    "channel": _channels,
}
