"""What surveys tell the ledger."""

from dataclasses import dataclass

from zhiyin.ledger.events import fact


@fact("surveys.version_published")
@dataclass(frozen=True)
class VersionPublished:
    survey: str
    number: int
    version_id: int
