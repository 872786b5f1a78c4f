"""Words of the specimen in both languages, and one that tries to be markup."""

from zhiyin.lib import text
from zhiyin.ui.filters import language

HOSTILE = "<script>alert(1)</script>\"'&"


def say(chinese: str, english: str) -> str:
    """One of two, by the language of the page."""
    return text.pick(text.both(chinese, english), language())
