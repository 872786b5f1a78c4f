"""Texts that a pack, an organisation or a customer brings, kept per language."""

from collections.abc import Mapping

Text = Mapping[str, str]
LANGUAGES = ("zh-hans", "en")


def pick(text: Text | str | None, language: str) -> str:
    """The text in this language, or in the first that there is: a sentence in the wrong language beats none."""
    if not text:
        return ""
    if isinstance(text, str):
        return text
    return (
        text.get(language)
        or next((text[other] for other in LANGUAGES if text.get(other)), "")
        or next(iter(text.values()), "")
    )


def both(chinese: str, english: str) -> dict[str, str]:
    """A text in the two languages of the house."""
    return {"zh-hans": chinese, "en": english}
