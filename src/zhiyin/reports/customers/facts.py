"""What the ledger says about a person: what they allowed and refused, flags, merges, looks at their number."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from zhiyin.ledger.queries import EventCard, events
from zhiyin.people.queries import staff_cards
from zhiyin.people.rules import Flag, Purpose
from zhiyin.people.words import FLAGS, LANGUAGES, PURPOSES, source_word
from zhiyin.ui.cards import Happening, Tone

Data = Mapping[str, Any]
Said = tuple[str, str, Tone]  # text, note, tone


def facts_about(ids: Sequence[int], *, limit: int) -> Iterator[tuple[str, Happening]]:
    """``(sort, happening)`` of each fact about this person that has words here, under whichever of their ids."""
    seen: set[tuple[object, ...]] = set()
    cards = [card for one in ids for card in events(subject=f"customer:{one}", limit=limit)]
    names = _names(cards)
    for card in cards:
        told = TOLD.get(card.kind)
        # An undone merge is told to both sides; who is looked at as one person hears it once.
        same = (card.kind, card.at, repr(card.data))
        if told is None or same in seen:
            continue
        seen.add(same)
        sort, words = told
        text, note, tone = words(card.data)
        yield sort, Happening(at=card.at, text=text, note=note, tone=tone, who=names.get(card.actor, ""))


def _names(cards: Sequence[EventCard]) -> dict[str, str]:
    """Who did it, where that was a person."""
    numbers = {card.actor: int(card.actor[6:]) for card in cards if card.actor.startswith("staff:")}
    staff = staff_cards(numbers.values())
    found = {actor: staff[number].name for actor, number in numbers.items() if number in staff}
    return found | {"customer": _("The customer")}


def purposes_in_words(purposes: Sequence[str]) -> str:
    """``surveys, care messages``."""
    known = set(Purpose)
    return _(", ").join(str(PURPOSES[Purpose(one)]) for one in purposes if one in known)


def _refused(data: Data) -> Said:
    purposes = data.get("purposes") or [str(one) for one in Purpose]
    if len(purposes) == len(Purpose):
        return _("Refused every message"), source_word(data["via"]), "bad"
    return _("Refused: %(what)s") % {"what": purposes_in_words(purposes)}, source_word(data["via"]), "bad"


def _agreed(data: Data) -> Said:
    version = _("text %(version)s") % {"version": data["text_version"]} if data.get("text_version") else ""
    note = " · ".join(part for part in (source_word(data["source"]), version) if part)
    return _("Agreed to: %(what)s") % {"what": purposes_in_words(data["purposes"])}, note, "good"


def _merged(data: Data) -> Said:
    because = _("a shared phone or address") if data["because"] == "shared contact" else data["because"]
    return _("Merged: %(merged)s is the same person") % {"merged": data["merged"]}, because, ""


def _unmerged(data: Data) -> Said:
    return _("Merge undone: %(merged)s is somebody else") % {"merged": data["merged"]}, data["because"], "warn"


def _flagged(data: Data) -> Said:
    flag = FLAGS[Flag(data["flag"])] if data["flag"] in set(Flag) else data["flag"]
    text = _("Flag set: %(flag)s") if data["on"] else _("Flag taken away: %(flag)s")
    return text % {"flag": flag}, data["reason"], "warn" if data["on"] else ""


def _spoken(data: Data) -> Said:
    language = LANGUAGES.get(data["language"], data["language"])
    return _("Language: %(language)s") % {"language": language}, data["reason"], ""


TOLD: Mapping[str, tuple[str, Callable[[Data], Said]]] = {
    "people.opted_out": ("consent", _refused),
    "people.purposes_refused": ("consent", _refused),
    "people.consent_given": ("consent", _agreed),
    "people.customers_merged": ("person", _merged),
    "people.customers_unmerged": ("person", _unmerged),
    "people.customer_flagged": ("person", _flagged),
    "people.customer_language_set": ("person", _spoken),
    "people.customer_erased": ("person", lambda _data: (_("Erased at their own request"), "", "warn")),
    "people.contact_revealed": ("person", lambda data: (_("Full number looked at"), data["reason"], "")),
}
