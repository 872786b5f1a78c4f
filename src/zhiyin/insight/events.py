"""What this room tells."""

from dataclasses import dataclass

from zhiyin.ledger.events import fact


@fact("insight.lexicon_applied")
@dataclass(frozen=True)
class LexiconApplied:
    """Comments are read by these words from now on."""

    number: int
