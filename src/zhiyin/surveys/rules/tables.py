"""A table read key by key, every fault noted instead of stopping at the first."""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zhiyin.lib.text import Text

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
MISSING: Any = object()


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong: where, and a sentence (an English template, so that a screen can translate it)."""

    where: str
    sentence: str
    params: Mapping[str, object] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence % self.params}"


class Faulty(Exception):
    """The questionnaire cannot be published. ``faults`` are all of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("\n".join(map(str, self.faults)))


class Table:
    """One table of the file. Ask for each key once, then ``close``: what nobody asked for is a fault."""

    def __init__(self, raw: object, where: str, *, faults: list[Fault], languages: Sequence[str]) -> None:
        self.where, self.faults, self.languages = where, faults, languages
        self._raw: dict[str, Any] = {}
        if isinstance(raw, Mapping):
            self._raw = {str(name): value for name, value in raw.items()}
        else:
            self.say("", "must be a table.")
        self._asked: set[str] = set()

    def say(self, name: str, sentence: str, **params: object) -> None:
        where = f"{self.where}.{name}" if name and self.where else name or self.where
        self.faults.append(Fault(where, sentence, params))

    def has(self, name: str) -> bool:
        return name in self._raw

    @property
    def label(self) -> str:
        """The key that this table calls itself by."""
        return str(self._raw.get("key", ""))

    def filled_from(self, model: "Table | None") -> "Table":
        """This table with every key that only the model sets; a fault where there is no model."""
        if model is None:
            self.say("like", "names no survey of this file that stands on its own.")
        merged = {**(model._raw if model else {}), **self._raw}
        merged.pop("like", None)
        return Table(merged, self.where, faults=self.faults, languages=self.languages)

    def is_off(self, name: str) -> bool:
        """Whether the file says ``name = false``."""
        if self._raw.get(name) is not False:
            return False
        self._asked.add(name)
        return True

    def close(self) -> None:
        """Complain about every key that nobody asked for."""
        for stranger in sorted(set(self._raw) - self._asked):
            near = difflib.get_close_matches(stranger, sorted(self._asked), n=1)
            if near:
                self.say(stranger, "is not a key of this table; did you mean '%(near)s'?", near=near[0])
            else:
                self.say(stranger, "is not a key of this table.")

    def key(self, name: str = "key") -> str:
        """The name that others use: small letters, digits, underscores, at most 60."""
        value = self._take(name)
        if isinstance(value, str) and KEY.fullmatch(value):
            return value
        if value is not MISSING:
            self.say(name, "must be small letters, digits and underscores, at most 60, a letter first.")
        return ""

    def word(self, name: str, *, default: str = "", among: Collection[str] = ()) -> str:
        value = self._take(name, default)
        if not isinstance(value, str):
            self.say(name, "must be words in quotation marks.")
            return ""
        if among and value not in among:
            self.say(name, "'%(value)s' is not one of: %(known)s.", value=value[:60], known=", ".join(sorted(among)))
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """One word or a list of words; nothing where the key is left out."""
        value = self._take(name, ())
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list | tuple) and all(isinstance(each, str) for each in listed):
            return tuple(listed)
        self.say(name, "must be a list of words.")
        return ()

    def whole(self, name: str, *, least: int, most: int, default: Any = MISSING) -> int:
        value = self._take(name, default)
        if isinstance(value, int) and not isinstance(value, bool):
            if least <= value <= most:
                return value
            self.say(name, "must be from %(least)s to %(most)s.", least=least, most=most)
        elif value is not MISSING:
            self.say(name, "must be a whole number.")
        return least

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._take(name, default)
        if not isinstance(value, bool):
            self.say(name, "must be true or false.")
        return value is True

    def text(self, name: str, *, longest: int, holds: Collection[str] = (), default: Text | None = None) -> Text:
        """A text in every language of the questionnaire. ``holds``: the {words} that are filled in later."""
        value = self._take(name, MISSING if default is None else default)
        if value is MISSING:
            return {}
        if not isinstance(value, Mapping):
            self.say(name, "must be a text in each language: {%(languages)s}.", languages=self._spelled())
            return {}
        for language in self.languages:
            if language not in value:
                self.say(name, "has no text in %(language)s.", language=language)
        for language, words in value.items():
            self._sentence(f"{name}.{language}", words, longest=longest, holds=holds)
        return {str(language): str(words) for language, words in value.items()}

    def optional_text(self, name: str, *, longest: int) -> Text | None:
        return self.text(name, longest=longest) if self.has(name) else None

    def texts(self, name: str, *, longest: int) -> tuple[Text, ...]:
        value = self._take(name, [])
        if not isinstance(value, list | tuple):
            self.say(name, "must be a list.")
            return ()
        entries = {str(number): each for number, each in enumerate(value, 1)}
        inner = Table(entries, f"{self.where}.{name}", faults=self.faults, languages=self.languages)
        return tuple(inner.text(number, longest=longest) for number in entries)

    def table(self, name: str) -> "Table | None":
        """The table under this key, or None where it is left out."""
        value = self._take(name, None)
        where = f"{self.where}.{name}" if self.where else name
        return None if value is None else Table(value, where, faults=self.faults, languages=self.languages)

    def tables(self, name: str, *, least: int = 0) -> list["Table"]:
        """The list of tables under this key, each found again by its own key where it has one."""
        value = self._take(name, [])
        if not isinstance(value, list | tuple):
            self.say(name, "must be a list of tables.")
            return []
        if len(value) < least:
            self.say(name, "needs at least %(least)s of them.", least=least)
        prefix = f"{self.where}.{name}" if self.where else name
        found = []
        for number, raw in enumerate(value, 1):
            label = raw.get("key") if isinstance(raw, Mapping) and isinstance(raw.get("key"), str) else number
            found.append(Table(raw, f"{prefix}[{label}]", faults=self.faults, languages=self.languages))
        return found

    def no_repeats(self, name: str, keys: Sequence[str]) -> None:
        for key in sorted({key for key in keys if key and keys.count(key) > 1}):
            self.say(name, "'%(key)s' stands there twice.", key=key)

    def _take(self, name: str, default: Any = MISSING) -> Any:
        self._asked.add(name)
        if name in self._raw:
            return self._raw[name]
        if default is MISSING:
            self.say(name, "is missing.")
        return default

    def _sentence(self, name: str, words: object, *, longest: int, holds: Collection[str]) -> None:
        if not isinstance(words, str) or not words.strip() or words != words.strip():
            self.say(name, "must be words, not empty and without a space at either end.")
        elif any(ord(letter) < 32 for letter in words):
            self.say(name, "must be one line without control characters.")
        elif len(words) > longest:
            self.say(name, "has %(count)s characters; at most %(longest)s fit.", count=len(words), longest=longest)
        elif strangers := set(PLACEHOLDER.findall(words)) - set(holds):
            self.say(name, "holds {%(word)s}, which nobody fills in here.", word=min(strangers)[:60])

    def _spelled(self) -> str:
        return ", ".join(f'{language} = "…"' for language in self.languages)
