"""How a cleaner says no: it knows the rule and the limit, and whoever called it knows the field's name."""

from typing import Any


class Wrong(Exception):
    """``key`` into the sentences of ``fault_sentences``; the rest are their parameters."""

    def __init__(self, key: str, /, **params: Any) -> None:
        super().__init__(key)
        self.key = key
        self.params = params
