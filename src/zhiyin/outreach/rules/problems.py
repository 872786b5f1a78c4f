"""What is wrong with a policy file: which key, what it says, what it may say."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from zhiyin.lib.text import Text, both, pick


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a policy. ``got`` is None where the key is missing, ``near`` is the key that was meant."""

    key: str
    got: str | None
    allowed: Text
    near: str = ""

    def sentence(self, language: str) -> str:
        """The whole problem in one sentence."""
        allowed = pick(self.allowed, language)
        if language == "en":
            said = f"{self.key} is missing" if self.got is None else f"{self.key} is {self.got}"
            return f"{said}: {allowed}." + (f" Did you mean {self.near}?" if self.near else "")
        said = f"缺少 {self.key}" if self.got is None else f"{self.key} 写的是 {self.got}"
        return f"{said}：{allowed}。" + (f"是不是想写 {self.near}？" if self.near else "")


class PolicyInvalid(ValueError):
    """The text is no policy. ``problems`` holds everything that is wrong with it, never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.line("en"))

    def line(self, language: str) -> str:
        """Everything on one line, for a terminal."""
        return (" " if language == "en" else "").join(problem.sentence(language) for problem in self.problems)


def shown(value: object) -> str:
    """A value as it stands in the file, short and on one line."""
    match value:
        case bool():
            text = str(value).lower()
        case int() | Decimal():
            text = _digits(value)
        case dict():
            text = "{…}"
        case list():
            text = "[…]"
        case str():
            text = '"' + "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in value[:60]) + '"'
        case _:
            text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _digits(value: int | Decimal) -> str:
    # str() refuses an integer of more than 4,300 digits, and hexadecimal gets one past the reader of TOML.
    return str(value) if isinstance(value, Decimal) or value.bit_length() < 512 else f"{value:x}"


def unknown_key(key: str, value: object, known: Iterable[str], *, path: str = "") -> Problem:
    """A key that nobody reads: most likely a slip of the pen."""
    names = sorted(known)
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    listed = ", ".join(names)
    return Problem(
        f"{path}{key}",
        shown(value),
        both(f"没有这个键；可用的键：{listed}", f"no such key; the keys are {listed}"),
        near[0] if near else "",
    )
