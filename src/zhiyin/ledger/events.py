"""How a room says that something happened: a frozen dataclass, registered by name."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

_FACTS: dict[str, type[Any]] = {}
F = TypeVar("F", bound=type[Any])


def fact(kind: str) -> Callable[[F], F]:
    """Register a frozen dataclass as the fact ``kind`` ("cases.opened"). Its fields must be JSON values."""

    def register(cls: F) -> F:
        if not is_dataclass(cls):
            raise TypeError(f"{cls.__name__} must be a dataclass")
        if _FACTS.setdefault(kind, cls) is not cls:
            raise TypeError(f"two facts are called {kind}")
        cls.fact_kind = kind
        return cls

    return register


def to_data(event: object) -> dict[str, Any]:
    return {field.name: getattr(event, field.name) for field in fields(event)}  # type: ignore[arg-type]  # a dataclass by @fact


def from_data(kind: str, data: dict[str, Any]) -> Any:
    """The fact again. Fields that a later version dropped are ignored; new ones take their defaults."""
    cls = _FACTS[kind]
    known = {field.name for field in fields(cls)}
    return cls(**{key: value for key, value in data.items() if key in known})


def known_kinds() -> dict[str, type[Any]]:
    return dict(_FACTS)


@dataclass(frozen=True)
class Envelope:
    """A fact with its circumstances, as a reaction receives it."""

    id: int
    kind: str
    actor: str
    subject: str
    event: Any
