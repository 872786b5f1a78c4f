"""What messaging tells the ledger. No fact carries an address or a text: only ids, channels and a gateway's words."""

from dataclasses import dataclass

from zhiyin.ledger.events import fact


@fact("messaging.sent")
@dataclass(frozen=True)
class MessagesSent:
    """One batch left by one channel."""

    ids: list[int]
    channel: str


@fact("messaging.in_doubt")
@dataclass(frozen=True)
class MessageInDoubt:
    """Bytes may have left and nothing proves the outcome. Parked until somebody settles it or sends it again."""

    message_id: int
    channel: str
    detail: str


@fact("messaging.failed")
@dataclass(frozen=True)
class MessageFailed:
    """It certainly did not arrive, and will not be tried again by itself."""

    message_id: int
    channel: str
    detail: str


@fact("messaging.withdrawn")
@dataclass(frozen=True)
class MessagesWithdrawn:
    """Taken back before they left, each for this reason."""

    ids: list[int]
    reason: str


@fact("messaging.settled")
@dataclass(frozen=True)
class MessagesSettled:
    """Messages that were in doubt, or whose worker died, and what is now known of them."""

    ids: list[int]
    sent: bool
    because: str


@fact("messaging.sent_again")
@dataclass(frozen=True)
class MessageSentAgain:
    """A person decided to send a doubtful or failed message again."""

    message_id: int
    was: str
    reason: str


@fact("messaging.channel_set_up")
@dataclass(frozen=True)
class ChannelSetUp:
    """A channel's settings changed; which ones, never to what."""

    key: str
    kind: str
    is_active: bool
    changed: list[str]


@fact("messaging.channel_tried")
@dataclass(frozen=True)
class ChannelTried:
    """Somebody sent themselves a test message, and this is what came of it. ``to`` is masked."""

    key: str
    to: str
    result: str
    detail: str
    provider_id: str


@fact("messaging.channel_rests")
@dataclass(frozen=True)
class ChannelRests:
    """Too many failures in a row: the channel is left alone for a while, then tried with one message."""

    key: str
    failures: int
    detail: str


@fact("messaging.channel_back")
@dataclass(frozen=True)
class ChannelBack:
    """A channel that rested takes messages again."""

    key: str


@fact("messaging.reported")
@dataclass(frozen=True)
class MessagesReported:
    """Gateways have said what became of these messages."""

    ids: list[int]
    delivered: int
    failed: int
    again: int  # go again: the carrier's cap for a day, an empty account


@fact("messaging.callbacks_refused")
@dataclass(frozen=True)
class CallbacksRefused:
    """Somebody calls in a gateway's name and cannot prove it; told once an hour. ``why`` is of the last one."""

    channel: str
    count: int
    why: str


@fact("messaging.pushes_silent")
@dataclass(frozen=True)
class PushesSilent:
    """A channel sends, and hears nothing back for half an hour. ``asked``: its gateway is asked instead."""

    channel: str
    heard_at: str
    asked: bool


@fact("messaging.receipts_unread")
@dataclass(frozen=True)
class ReceiptsUnread:
    """More than one in a hundred receipts carries a status that nobody knows: the provider has new words."""

    channel: str
    receipts: int
    unread: int


@fact("messaging.doubts_old")
@dataclass(frozen=True)
class DoubtsOld:
    """Messages of a channel have been in doubt for more than an hour, and nobody has found out."""

    channel: str
    count: int
    since: str  # when the oldest of them left


@fact("messaging.channel_paused")
@dataclass(frozen=True)
class ChannelPaused:
    """The account is empty: the channel rests, then tries one message an hour. Nothing that waits is lost."""

    key: str
    because: str


@fact("messaging.reply_heard")
@dataclass(frozen=True)
class ReplyHeard:
    """A customer wrote back. What they wrote is not kept here."""

    reply_id: int
    channel: str
    customer_id: int | None
    meaning: str
    opted_out: bool
    needs_person: bool


@fact("messaging.reply_settled")
@dataclass(frozen=True)
class ReplySettled:
    """Somebody has looked at a reply that waited for a person."""

    reply_id: int


@fact("messaging.address_closed")
@dataclass(frozen=True)
class AddressClosed:
    """Somebody left one channel, or came back to it: unfollowed the account, say."""

    kind: str
    customer_id: int | None
    closed: bool
