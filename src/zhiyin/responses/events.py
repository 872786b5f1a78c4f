"""What responses tell the ledger. What the customer said stays in this room's tables."""

from dataclasses import dataclass

from zhiyin.ledger.events import fact


@fact("responses.received")
@dataclass(frozen=True)
class ResponseReceived:
    response_id: int


@fact("responses.links_opened")
@dataclass(frozen=True)
class LinksOpened:
    """Survey pages opened for the first time within a second or so. One fact for the batch."""

    ids: list[int]  # invitations
