"""What the clouds' SMS gateways have in common: a template that they have approved, and variables of a few characters.

The link's address is a constant of the provider's template; only its token is a variable. Providers refuse links in
variables (RELIABILITY 0.7), and count a value's characters.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.messaging.rules.setups.basics import Called, Fault, Paced
from zhiyin.messaging.rules.setups.checks import filled, holders, is_plain, url_fault

# What a variable may be given: the link's token, the organisation's name, the hours that the link lives.
VARIABLES = frozenset({"token", "organisation", "hours"})
SAMPLE: Mapping[str, str] = {"token": "0" * 12, "organisation": "", "hours": "8"}  # the least that a value takes
_LINK = re.compile(r"://|\bwww\.|\{link\}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Variables:
    """What a provider takes as the value of one variable."""

    longest: int
    letters: re.Pattern[str] | None = None  # None: any

    def fault(self, value: str) -> str:
        """What is wrong with a value; nothing if the provider takes it."""
        if len(value) > self.longest:
            return "variable_too_long"
        if _LINK.search(value):
            return "variable_link"
        return "variable_letters" if self.letters and not self.letters.fullmatch(value) else ""

    def setting_fault(self, texts: Iterable[str]) -> str:
        """What is wrong with variables as they are set up: values are written with placeholders."""
        written = list(texts)
        used = {name for text in written for name in holders(text)}
        if any(_LINK.search(text) for text in written):
            return "variable_link"
        if not used <= VARIABLES:
            return "unknown_variable"
        if "token" not in used:
            return "token_missing"
        if self.letters and "organisation" in used:  # a name is written in characters that are not taken
            return "variable_letters"
        return next((code for text in written if (code := self.fault(filled(text, SAMPLE)))), "")


@dataclass(frozen=True, kw_only=True)
class TemplatedSetup(Called, Paced):
    """The settings that every cloud's SMS service asks for. ``url`` is where its requests go."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"secret"})
    PLAIN: ClassVar[tuple[str, ...]] = ("secret",)  # stand in headers or are signed: Latin letters and signs

    url: str
    secret: str

    @property
    def variable_rule(self) -> Variables:
        raise NotImplementedError

    @property
    def variable_texts(self) -> list[str]:
        """The values of the template's variables, with placeholders."""
        raise NotImplementedError

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = [Fault("url", code)] if (code := url_fault(self.url, private_hosts)) else []
        found += [Fault(name, "not_ascii") for name in self.PLAIN if not is_plain(getattr(self, name))]
        if code := self.variable_rule.setting_fault(self.variable_texts):
            found.append(Fault("variables", code))
        return found + super().faults(private_hosts)
