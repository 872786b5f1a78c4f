"""A channel's settings as a form: which fields each kind has, what stands in them, and what somebody typed.

A secret goes in and never comes out: a field that holds one says so, and an empty field keeps it.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, replace
from dataclasses import fields as attributes
from functools import cache
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from zhiyin.messaging.actions.setting_up import sentence
from zhiyin.messaging.channels.registry import DIALECTS
from zhiyin.messaging.rules.setups import HIDDEN, Fault
from zhiyin.outreach.channel_fields import KEY, PLAIN, Field
from zhiyin.outreach.channel_fields_of_clouds import CLOUDS
from zhiyin.outreach.channel_fields_of_others import OTHERS

_BETWEEN_WORDS = re.compile(r"[,，;；\n]")
FIELDS: Mapping[str, Sequence[Field]] = {**PLAIN, **CLOUDS, **OTHERS}


@cache
def fields_of(kind: str) -> Sequence[Field]:
    """The fields of a kind of channel. One that nobody has described yet shows its settings by their own names."""
    if kind in FIELDS:
        return FIELDS[kind]
    cls = DIALECTS[kind].setup
    return [
        Field(
            name=each.name,
            label=each.name,
            kind=_KINDS.get(str(each.type), "password" if each.name in cls.SECRET else "text"),
            required=each.name in cls.REQUIRED,
        )
        for each in attributes(cls)
    ]


_KINDS: Mapping[str, str] = {
    "<class 'int'>": "number",
    "tuple[str, ...]": "words",
    "collections.abc.Mapping[str, str]": "template",
}


def never_shown(kind: str) -> frozenset[str]:
    """What never comes back, not even to whoever has just typed it beside a mistake. A template does, until kept."""
    return DIALECTS[kind].setup.SECRET - {"body"}


def typed(kind: str, post: Mapping[str, str], *, kept: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings that a form says, and what cannot be read of it, by field. ``kept``: the settings as shown."""
    settings: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for field in fields_of(kind):
        text = post.get(field.name, "")
        text = text if field.kind == "password" else text.strip()
        if text:
            try:
                settings[field.name] = _READERS.get(field.kind, str)(text)
            except _Unreadable as why:
                settings[field.name], faults[field.name] = None, str(why)  # None: it is not there, and that is wrong
        elif kept.get(field.name) == HIDDEN and post.get(f"{field.name}_empty") != "1":
            settings[field.name] = HIDDEN
    return settings, faults


def filled(
    kind: str,
    *,
    kept: Mapping[str, object],
    post: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> list[Field]:
    """The fields with what stands in them: what was typed, else what is kept, else what is usual."""
    found, secret = [], never_shown(kind)
    for field in fields_of(kind):
        is_kept = kept.get(field.name) == HIDDEN
        if post is not None:
            value = "" if field.name in secret else post.get(field.name, "")
        else:
            value = "" if is_kept else _written(kept.get(field.name, _usual(kind).get(field.name, "")))
        is_lost = bool(post and field.name in secret and post.get(field.name))
        fault = (faults or {}).get(field.name, "")
        found.append(replace(field, value=value, is_kept=is_kept, is_lost=is_lost, fault=fault))
    return found


def told(kind: str, faults: Sequence[tuple[str, str, str]], found: Mapping[str, str]) -> dict[str, str]:
    """Every fault in words by field, in the order of the form. What could not even be read says so in its own words."""
    labels = {field.name: str(field.label) for field in (KEY, *fields_of(kind))}
    said = {name: sentence(Fault(labels.get(name, name), code)) for name, code, _words in reversed(faults)} | dict(
        found
    )
    return {name: said[name] for name in labels if name in said}


class _Unreadable(Exception):
    """What somebody typed is not what the field takes. A sentence for them."""


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise _Unreadable(_("Give a whole number."))
    return int(text)


def _headers(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon or not name.strip() or not value.strip() or name.strip() in found:
            raise _Unreadable(_("Line %(number)s: write it as “Name: value”, each name once.") % {"number": number})
        found[name.strip()] = value.strip()
    return found


def _template(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as wrong:
        place = {"line": wrong.lineno, "column": wrong.colno}
        raise _Unreadable(_("This is not JSON: look at line %(line)s, column %(column)s.") % place) from wrong
    except (ValueError, RecursionError) as wrong:
        raise _Unreadable(_("This is not JSON that a gateway could read.")) from wrong
    if not isinstance(found, dict):
        raise _Unreadable(_("A template begins with { and ends with }."))
    return found


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _words(text: str) -> list[str]:
    return [word.strip() for word in _BETWEEN_WORDS.split(text) if word.strip()]


_READERS: Mapping[str, Callable[[str], Any]] = {
    "number": _number,
    "headers": _headers,
    "template": _template,
    "words": _words,
    "lines": lambda text: [line.strip() for line in text.splitlines() if line.strip()],
}


def _written(value: object) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)


@cache
def _usual(kind: str) -> Mapping[str, object]:
    """What a field holds when nobody says otherwise."""
    return {each.name: each.default for each in attributes(DIALECTS[kind].setup) if each.default is not MISSING}
