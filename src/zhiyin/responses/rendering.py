"""The public pages as HTML. No script, no cookie, one inline style that the policy names by its hash."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _

from zhiyin.lib.text import Text, pick
from zhiyin.outreach.queries import policy_text
from zhiyin.outreach.rules import parse_policy
from zhiyin.people.queries import Preferences, PurposeCard, organisation
from zhiyin.people.rules import Basis
from zhiyin.people.words import MEANINGS, PURPOSES
from zhiyin.responses.choosing import Done
from zhiyin.responses.prepared import mark
from zhiyin.responses.rules import Filled, Wrong, hidden_unless_low, sentence
from zhiyin.surveys.queries import VersionCard, newest_version
from zhiyin.surveys.rules import CALL_ME, COMMENT, REASONS, Kind, Question, Questionnaire, defaults
from zhiyin.ui.times import Clock

HOUR = timedelta(hours=1)
NAMES = {"zh-hans": "中文", "en": "EN"}
TAGS = {"zh-hans": "zh-Hans", "en": "en"}
STYLE = Path(__file__).parent / "templates" / "responses" / "public.css"


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is shown: its language, whether in large text (大字), whether framed in the console as a preview."""

    language: str
    big: bool = False
    framed: bool = False

    def query(self, *, language: str = "", big: bool | None = None) -> str:
        """The query string of the same page looked at otherwise."""
        large = self.big if big is None else big
        return f"?lang={language or self.language}{'&big=1' if large else ''}"


@cache
def style() -> str:
    """The one style, without its line ends."""
    return re.sub(r"\s*\n\s*", "", STYLE.read_text("utf-8"))


def policy(look: Look) -> str:
    """The page may use its own style, nothing else; and only the console may frame it, as a preview."""
    digest = b64encode(sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none'; "
        f"object-src 'none'; frame-ancestors {chr(39)}{'self' if look.framed else 'none'}{chr(39)}"
    )


def link_life() -> timedelta:
    """How long a link that is sent now will live."""
    return parse_policy(policy_text(), is_new=False).link_life


def survey(card: VersionCard, look: Look, *, served: bool, filled: Filled | None = None) -> str:
    """The questionnaire: empty, or with what was typed and what is wrong with it. ``served``: it says when the service
    was that it asks about."""
    one = card.questionnaire
    with translation.override(look.language):
        faults = {wrong.field: sentence(wrong, look.language) for wrong in reversed(filled.faults)} if filled else {}
        typed = dict(filled.typed) if filled else {}
        places = _Places(one, look.language, typed, faults)
        return _page(
            "survey",
            one,
            look,
            greeting=pick(one.greeting, look.language),
            effort=pick(one.effort, look.language),
            faults=[_listed(wrong, one, look.language) for wrong in (filled.faults if filled else ())],
            questions=[places.question(number, each) for number, each in enumerate(one.questions, 1)],
            reasons=places.reasons(),
            comment=places.comment(),
            call_me=places.call_me(),
            version_id=card.id,
            slots={name: mark(name) for name in ("started", "dies", "token", *(("served",) if served else ()))},
            notice=_texts(one.notice, look.language),
            opt_out=_texts(one.opt_out, look.language),
            opt_out_url=f"/u/{mark('token')}/{look.query()}",
            notice_version=_("Version %(number)s of %(date)s")
            % {"number": card.number, "date": Clock(get_default_timezone(), look.language).day(card.published_at)},
        )


def thanks(card: VersionCard, look: Look, *, low: bool) -> str:
    """After a low score: an apology and what happens by when. Otherwise short."""
    one = card.questionnaire
    chosen = one.thanks_low if low else one.thanks
    words = {
        "title": pick(chosen.title, look.language),
        "body": pick(chosen.body, look.language),
        "promises": [pick(promise, look.language) for promise in chosen.promises],
    }
    return _page("thanks", one, look, with_links=False, thanks=words)


def unavailable(look: Look, *, with_words: bool) -> str:
    """Which link was opened plays no part in it: neither the token nor the invitation is an argument."""
    newest = newest_version()
    one = newest.questionnaire if newest else None
    words = one.unavailable if one else defaults.UNAVAILABLE
    slots = {"words": mark("words")} if with_words else {}
    return _page("unavailable", one, look, unavailable=_texts(words, look.language), slots=slots)


def preferences(card: VersionCard, look: Look, known: Preferences, done: Done) -> str:
    """What the customer wants to be asked, purpose by purpose, and the ground that each stands on. Nothing that names
    them."""
    one = card.questionnaire
    words = _texts(one.opt_out, look.language)
    with translation.override(look.language):
        return _page(
            "preferences",
            one,
            look,
            words=words,
            saved=done is Done.SAVED,
            stopped=done is Done.STOPPED,
            nothing_left=not any(purpose.is_on for purpose in known.purposes),
            purposes=[
                {
                    "key": str(each.purpose),
                    "name": PURPOSES[each.purpose],
                    "meaning": MEANINGS[each.purpose],
                    "is_on": each.is_on,
                    "ground": _ground(each, look.language),
                }
                for each in known.purposes
            ],
        )


def _ground(each: PurposeCard, language: str) -> str:
    """Why we may write for this purpose, or why we do not, in a sentence to the customer."""
    day = Clock(get_default_timezone(), language).day(each.since) if each.since else ""
    if each.is_refused:
        return _("You refused it on %(day)s; nothing is sent.") % {"day": day} if day else _("Nothing is sent.")
    if not each.is_on:
        return _("Only sent after you have agreed.")
    if each.basis is Basis.CONSENT:
        return _("You agreed to it on %(day)s.") % {"day": day}
    if each.basis is Basis.LEGAL_DUTY:
        return _("We are obliged by law to send it.")
    return _("Because you use our service; you may refuse it at any time.")


def _page(name: str, one: Questionnaire | None, look: Look, *, with_links: bool = True, **context: Any) -> str:
    masthead = one.masthead if one else dict.fromkeys(NAMES, "{organisation}")
    with translation.override(look.language):
        return render_to_string(
            f"responses/{name}.html",
            {
                "html_language": TAGS[look.language],
                "big": look.big,
                "css": style(),
                "masthead": _filled(masthead, look.language),
                "links": _links(one, look) if with_links else None,
                **context,
            },
        )


def _links(one: Questionnaire | None, look: Look) -> dict[str, str]:
    links = {"size": look.query(big=not look.big)}
    other = next((each for each in (one.languages if one else NAMES) if each != look.language), "")
    if other:
        links |= {
            "language": look.query(language=other),
            "language_code": TAGS[other],
            "language_name": NAMES[other],
        }
    return links


def _texts(item: Any, language: str) -> dict[str, str]:
    """Every text of one item, in one language."""
    names = [name for name in item.__dataclass_fields__ if name not in ("source", "why")]
    return {name: _filled(getattr(item, name), language) for name in names}


def _filled(text: Text, language: str) -> str:
    words = pick(text, language)
    if "{organisation}" in words:
        card = organisation()
        words = words.replace("{organisation}", pick(card.name, language) if card else "")
    if "{hours}" in words:
        words = words.replace("{hours}", f"{link_life() / HOUR:g}")
    return words


def _listed(wrong: Wrong, one: Questionnaire, language: str) -> dict[str, str]:
    """One line of the summary: it leads to the first control of its field."""
    question = one.question(wrong.field)
    own = {REASONS: one.follow_up, COMMENT: one.comment}
    if question:
        title: str = pick(question.title, language)
    elif own.get(wrong.field):
        title = pick(own[wrong.field].title, language)  # type: ignore[union-attr]  # just looked
    else:
        return {"anchor": "", "title": _("A field"), "sentence": sentence(wrong, language)}
    return {"anchor": f"i_{wrong.field}", "title": title, "sentence": sentence(wrong, language)}


@dataclass(frozen=True, slots=True)
class _Places:
    """The fields of one page, each with what was typed into it."""

    one: Questionnaire
    language: str
    typed: dict[str, Sequence[str]]
    faults: dict[str, str]

    def question(self, number: int, question: Question) -> dict[str, Any]:
        given = set(self.typed.get(question.key, ()))
        parts = (("g", question.gloss), ("e", question.scale), ("x", self.faults.get(question.key)))
        found = {
            "key": question.key,
            "number": number,
            "kind": question.kind.value,
            "title": pick(question.title, self.language),
            "gloss": pick(question.gloss, self.language),
            "fault": self.faults.get(question.key, ""),
            "described": " ".join(f"{letter}_{question.key}" for letter, there in parts if there),
        }
        if question.kind is Kind.TEXT:
            found["typed"] = "\n".join(self.typed.get(question.key, ()))
        if question.kind is Kind.CHOICE:
            found |= {"multiple": question.multiple, "options": self._options(question.options, given)}
        if question.scale:
            scale = question.scale
            found |= {
                "cells": [
                    {"value": str(point), "low": self.one.is_low(point), "checked": str(point) in given}
                    for point in scale.points
                ],
                "low": scale.low,
                "high": scale.high,
                "low_label": pick(scale.low_label, self.language),
                "high_label": pick(scale.high_label, self.language),
            }
        return found

    def reasons(self) -> dict[str, Any] | None:
        follow_up = self.one.follow_up
        if follow_up is None:
            return None
        return {
            "title": pick(follow_up.title, self.language),
            "hint": _("For scores of %(low_to)s or less.") % {"low_to": follow_up.low_to},
            "fault": self.faults.get(REASONS, ""),
            "options": self._options(follow_up.reasons, set(self.typed.get(REASONS, ()))),
        }

    def comment(self) -> dict[str, Any] | None:
        if self.one.comment is None:
            return None
        return {
            "title": pick(self.one.comment.title, self.language),
            "typed": "\n".join(self.typed.get(COMMENT, ())),
            "fault": self.faults.get(COMMENT, ""),
            "low": COMMENT in hidden_unless_low(self.one),
        }

    def call_me(self) -> dict[str, Any] | None:
        if self.one.call_me is None:
            return None
        return {
            "label": pick(self.one.call_me.label, self.language),
            "checked": any(self.typed.get(CALL_ME, ())),
            "low": CALL_ME in hidden_unless_low(self.one),
        }

    def _options(self, options: Sequence[Any], given: set[str]) -> list[dict[str, Any]]:
        return [
            {"key": option.key, "text": pick(option.text, self.language), "checked": option.key in given}
            for option in options
        ]
