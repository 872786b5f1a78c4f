"""What is wrong with a pack, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong with a pack: where, and a sentence that says what to do about it."""

    file: str
    key: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.sentence}" if self.key else f"{self.file}: {self.sentence}"


@dataclass(frozen=True)
class Place:
    """Where in which file: ``moments.toml`` ``moment[answer_call].checklist[greet].text``."""

    file: str
    path: str = ""

    def at(self, name: str) -> "Place":
        return Place(self.file, f"{self.path}.{name}" if self.path else name)

    def entry(self, number: int, raw: object) -> "Place":
        """The entry of a list, by its own key where it has one: people search for words, not for the seventh table."""
        names = [raw.get("key"), raw.get("code")] if isinstance(raw, dict) else []
        label = next((name for name in names if isinstance(name, str)), number)
        return Place(self.file, f"{self.path}[{label}]")

    @property
    def neighbours(self) -> str:
        """The list that this place's table stands in."""
        return self.path.rpartition("[")[0]
