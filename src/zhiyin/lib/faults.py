"""What is wrong with something that came from outside: a code for a program, a sentence in two languages for a person.

``lib`` knows no gettext, so a fault carries both sentences itself; the wording lives in ``fault_sentences.py``. A fault
never repeats a value that could be personal: it names the field, the rule and the limit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

from zhiyin.lib.fault_sentences import SENTENCES

_LONGEST_NAME = 80  # of a field, as a sentence repeats it


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with one field ("" means the whole body or file).

    ``position`` is the byte offset in a JSON body or in a file, counted from 0; a row or a line travels in ``params``.
    """

    code: str
    field: str
    message_en: str
    message_zh: str
    params: Mapping[str, object] = attribute(default_factory=dict)
    position: int | None = None

    def sentence(self, language: str) -> str:
        """The sentence in ``zh-hans`` or ``en``; any other language reads English."""
        template = self.message_zh if language.startswith("zh") else self.message_en
        return template.format_map({**self.params, "field": self.field, "position": self.position})

    def under(self, path: str) -> "Fault":
        """The same fault seen from the record around it: ``phone`` under ``customer`` is ``customer.phone``."""
        joined = path if not self.field else self.field if not path else _join(path, self.field)
        return replace(self, field=joined)


def fault(key: str, /, *, field: str = "", position: int | None = None, **params: Any) -> Fault:
    """Make the fault that ``fault_sentences.SENTENCES`` words under ``key``. Raises KeyError for an unknown key.

    What follows a dot in the key only picks the sentence: ``json_invalid.depth`` has the code ``json_invalid``.
    """
    english, chinese = SENTENCES[key]
    return Fault(key.partition(".")[0], shown_name(field), english, chinese, params, position)


class Unclean(Exception):
    """Raised where a whole body, query or file is refused. ``status`` is the HTTP status that fits."""

    def __init__(self, faults: Iterable[Fault], *, status: int = 400) -> None:
        self.faults = tuple(faults)
        self.status = status
        super().__init__("; ".join(one.sentence("en") for one in self.faults))


def shown_name(name: str) -> str:
    """A field name fit for a sentence: a stranger may have chosen it, so it is short and printable."""
    if name.isprintable() and len(name) <= _LONGEST_NAME:
        return name
    clean = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name)
    return clean if len(clean) <= _LONGEST_NAME else clean[: _LONGEST_NAME - 1] + "…"


def _join(path: str, rest: str) -> str:
    return path + rest if rest.startswith("[") else f"{path}.{rest}"
