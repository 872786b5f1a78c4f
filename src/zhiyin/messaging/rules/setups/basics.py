"""Settings of any dialect: their shape, their faults, and what of them may be shown."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, ClassVar, TypeVar, get_origin, get_type_hints
from urllib.parse import urlsplit

from zhiyin.messaging.rules.setups.checks import is_network, longest_first

MOST_AT_ONCE, MOST_PER_SECOND = 32, 5000
LONGEST: Mapping[str, int] = {
    "url": 2000,
    "host": 253,
    "sender": 254,
    "user": 254,
    "password": 1000,
    "secret": 1000,
    "imap_host": 253,
    "imap_user": 254,
    "imap_password": 1000,
}
LONGEST_TEXT, LONGEST_TEMPLATE, DEEPEST = 200, 8000, 12  # characters of any other text; of a mapping or list, as JSON
SECONDS = (1, 60)
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong setting. ``code`` names what is wrong; the sentence for people is made above."""

    field: str
    code: str  # missing, unknown, too_long, out_of_range, line_break, not_a_url, private_address, needs_https...


class BadSetup(Exception):
    """Everything that is wrong with a channel's settings."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The settings of a channel. Each dialect has its own, and says what of them is needed and what is secret."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset()
    SECRET: ClassVar[frozenset[str]] = frozenset()  # never shown again once kept

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        """What is wrong with settings that have the right shape."""
        return []

    @property
    def hidden(self) -> tuple[str, ...]:
        """What the other side may repeat in its answer and nobody shall read there, the longest first."""
        words = [getattr(self, name) for name in self.SECRET]
        return longest_first(word for word in words if isinstance(word, str))

    @classmethod
    def destination(cls, values: Mapping[str, Any]) -> tuple[object, ...]:
        """Where the secrets of these settings go: kept ones may not be sent anywhere else."""
        if "host" in values:
            return (str(values["host"]).lower(),)
        try:
            parts = urlsplit(str(values.get("url", "")))
            return (parts.scheme, parts.hostname, parts.port)
        except ValueError:
            return ()


@dataclass(frozen=True, kw_only=True)
class Paced(Setup):
    """How long one exchange may take, how many are on their way together, and how many may leave in a second."""

    timeout: int = 10
    at_once: int = 1  # and so how many a crash leaves in doubt at most
    per_second: int = 0  # over all workers, nearly; 0: as many as the other side takes

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = super().faults(private_hosts)
        if not SECONDS[0] <= self.timeout <= SECONDS[1]:
            found.append(Fault("timeout", "out_of_range"))
        if not 1 <= self.at_once <= MOST_AT_ONCE:
            found.append(Fault("at_once", "out_of_range"))
        if not 0 <= self.per_second <= MOST_PER_SECOND:
            found.append(Fault("per_second", "out_of_range"))
        return found

    @property
    def patience(self) -> timedelta:
        """One exchange from the look-up of the name to the end of the answer."""
        return timedelta(seconds=self.timeout)


@dataclass(frozen=True, kw_only=True)
class Called(Setup):
    """A channel that the gateway calls back. The address holds a secret, made from ``callback_number``: a higher
    number gives a new address, and the old one is dead. ``callback_from``: the networks that calls may come from."""

    callback_number: int = 1
    callback_from: tuple[str, ...] = ()

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = super().faults(private_hosts)
        if not 1 <= self.callback_number <= 1_000_000:
            found.append(Fault("callback_number", "out_of_range"))
        if not all(is_network(each) for each in self.callback_from):
            found.append(Fault("callback_from", "not_a_network"))
        return found


S = TypeVar("S", bound=Setup)


def read_setup(cls: type[S], given: Mapping[str, Any], *, private_hosts: frozenset[str] = frozenset()) -> S:
    """The checked settings of a channel. Raises BadSetup with every fault.

    ``private_hosts`` are the host names that the operator lets messages go to inside their own network and without
    TLS; whether a name points there is checked again at every sending.
    """
    faults = [*_shape(cls, given)]
    if faults:
        raise BadSetup(faults)
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    setup = cls(**values)
    faults = setup.faults(private_hosts)
    if faults:
        raise BadSetup(faults)
    return setup


_GIVEN: Mapping[type, tuple[type, ...]] = {str: (str,), int: (int,), Mapping: (dict,), tuple: (list, tuple)}


def _shape(cls: type[Setup], given: Mapping[str, Any]) -> list[Fault]:
    hints = get_type_hints(cls)
    known = {each.name: _GIVEN[get_origin(hints[each.name]) or hints[each.name]] for each in fields(cls)}
    usual = {each.name: each.default for each in fields(cls) if isinstance(each.default, str)}
    faults = [Fault(key, "unknown") for key in given if key not in known]
    for name, kinds in known.items():
        value = given.get(name)
        if name in given and not _fits(name, value, kinds):
            faults.append(Fault(name, "wrong_type"))
        elif _is_too_long(name, value):
            faults.append(Fault(name, "too_long"))
        elif isinstance(value, str) and any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            faults.append(Fault(name, "line_break"))
        elif name in cls.REQUIRED and not given.get(name, usual.get(name)):
            faults.append(Fault(name, "missing"))
    return faults


def _fits(name: str, value: Any, kinds: tuple[type, ...]) -> bool:
    if not isinstance(value, kinds) or isinstance(value, bool):
        return False
    if not isinstance(value, dict | list | tuple):
        return True
    return _all_texts(name, value) and not _is_deep(value) and _is_unicode(value)


def _is_deep(value: Any, left: int = DEEPEST) -> bool:
    """Whether it is nested deeper than anybody would write it, and than we could follow."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return left == 0 or any(_is_deep(each, left - 1) for each in inner)


def _is_unicode(value: Any) -> bool:
    """Whether it can be written down at all: JSON can spell halves of characters that no file can hold."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_too_long(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > LONGEST.get(name, LONGEST_TEXT)
    return isinstance(value, dict | list | tuple) and len(json.dumps(value)) > LONGEST_TEMPLATE


def _all_texts(name: str, value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and (name == "body" or isinstance(each, str)) for key, each in value.items())
    return all(isinstance(each, str) for each in value)


def shown(setup: Setup) -> dict[str, Any]:
    """The settings for a screen: secrets say only that they are there."""
    return as_shown({each.name: getattr(setup, each.name) for each in fields(setup)}, secret=setup.SECRET)


def as_shown(values: Mapping[str, Any], *, secret: Collection[str]) -> dict[str, Any]:
    """The same without secrets. An address keeps its host and path, and not the keys that some gateways want there."""
    found = {name: HIDDEN if name in secret and value else value for name, value in values.items()}
    address, mark, query = str(values.get("url", "")).partition("?")
    return found | {"url": f"{address}?{HIDDEN}"} if mark and query else found
