"""Reading comments with the lexicon in force."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from zhiyin.insight.models import LexiconVersion
from zhiyin.insight.rules import Lexicon, Reading, lexicon_of, read_comment
from zhiyin.lib.canonical import canonical

CALM = Reading(anger=0.0, is_angry=False, spans=(), topics=())


@dataclass(frozen=True)
class Read:
    """A reading and the number of the lexicon it was made with; 0 where no lexicon has been applied yet."""

    reading: Reading
    lexicon: int


def readings(comments: Iterable[str]) -> list[Read]:
    """Each comment read with the lexicon in force, in the same order. One database query at most."""
    listed = list(comments)
    if not any(listed):
        return [Read(CALM, 0) for _ in listed]
    version = LexiconVersion.objects.order_by("-number").first()
    if version is None:
        return [Read(CALM, 0) for _ in listed]
    lexicon = _built(canonical(version.content))
    return [Read(read_comment(comment, lexicon), version.number) for comment in listed]


def reading(comment: str) -> Read:
    """One comment, read with the lexicon in force."""
    return readings([comment])[0]


@lru_cache(maxsize=4)
def _built(content: bytes) -> Lexicon:
    """Sorting some hundred words for finding takes longer than a reading does, so the result is kept."""
    return lexicon_of(json.loads(content))
