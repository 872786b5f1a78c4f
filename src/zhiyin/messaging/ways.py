"""Which channel a message goes by, its sender, and its way back. The outbox is in use until another is set up."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings

from zhiyin.lib.crypto import Place, Unreadable, Vault
from zhiyin.messaging.channels.callbacks import callback_secret, callback_url
from zhiyin.messaging.channels.guarding import Guarded
from zhiyin.messaging.channels.protocol import Collector, Puller, Receiver, Sender
from zhiyin.messaging.channels.registry import ASKED_FOR, DIALECTS, carried_by, read_settings
from zhiyin.messaging.models import Channel, Message
from zhiyin.messaging.rules.breaker import is_probing
from zhiyin.messaging.rules.routes import OUTBOX, route
from zhiyin.messaging.rules.setups import BadSetup, Called, OutboxSetup, Setup

__all__ = [
    "ASKED_FOR",
    "Way",
    "callback_address",
    "collector_of",
    "outbox",
    "puller_of",
    "receiver_of",
    "sender_of",
    "setup_of",
    "way_of",
]
A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Way:
    """A channel as it stands now."""

    key: str
    setup: Setup
    kind: str = OUTBOX
    failures: int = 0
    rests_until: datetime | None = None

    def is_resting(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until

    @property
    def is_probing(self) -> bool:
        return is_probing(self.failures)

    def room(self, now: datetime) -> int | None:
        """How many more may leave within this second, counting what every worker has sent; None: any number.

        Two workers that ask in the same moment both get the answer, so that the setting is kept nearly, not exactly.
        """
        most = getattr(self.setup, "per_second", 0)
        if not most:
            return None
        return max(most - Message.objects.filter(via=self.key, sent_at__gt=now - A_SECOND).count(), 0)

    def open(self) -> Sender:
        """A sender for one worker; close it afterwards."""
        return DIALECTS[self.kind].open_sender(self.key, self.setup, private_hosts())


def way_of(kind: str) -> Way | None:
    """The channel that messages of this kind go by now; None when others are set up but none for this kind."""
    rows = {row.key: row for row in Channel.objects.filter(is_active=True)}
    key = route(kind, [(row.key, carried_by(row.kind)) for row in rows.values()])
    if key is None:
        return None
    row = rows.get(key)
    return Way(row.key, setup_of(row), row.kind, row.failures, row.rests_until) if row else outbox()


def outbox() -> Way:
    """Where an alert goes that has no other way."""
    return Way(OUTBOX, OutboxSetup())


def sender_of(key: str) -> Sender | None:
    """The sender behind the key that a message went by; None when that channel is no longer set up."""
    row = Channel.objects.filter(key=key).first()
    if row is not None:
        return Way(row.key, setup_of(row), row.kind).open()
    return outbox().open() if key == OUTBOX else None


def receiver_of(key: str) -> Receiver | None:
    """What reads the callbacks of this channel, in use or not, and believes none that does not prove itself.

    None where there is no such channel, or it is never called back. Raises BadSetup or Unreadable where its settings
    cannot be used.
    """
    row = Channel.objects.filter(key=key).first()
    dialect = DIALECTS.get(row.kind) if row else None
    if row is None or dialect is None or dialect.receiver is None:
        return None
    setup = setup_of(row)
    secret = None if dialect.signs(setup) else callback_secret(key, setup)
    networks = setup.callback_from if isinstance(setup, Called) else ()
    return Guarded(dialect.receiver(setup), secret=secret, networks=networks)


def callback_address(key: str) -> str:
    """The address to paste into the provider's console; empty where this channel is never called back, or broken."""
    row = Channel.objects.filter(key=key).first()
    dialect = DIALECTS.get(row.kind) if row else None
    if row is None or dialect is None or dialect.receiver is None:
        return ""
    try:
        return callback_url(key, setup_of(row))
    except (BadSetup, Unreadable):
        return ""


def puller_of(key: str) -> Puller | None:
    """What can be asked about messages of this channel; None where nobody can be. Raises as ``receiver_of`` does."""
    row = Channel.objects.filter(key=key).first()
    dialect = DIALECTS.get(row.kind) if row else None
    if row is None or dialect is None or dialect.puller is None:
        return None
    return dialect.puller(key, setup_of(row), private_hosts())


def collector_of(key: str) -> tuple[Collector, Receiver] | None:
    """The mailbox of this channel and what reads the things in it; None without one. Raises as ``receiver_of`` does."""
    row = Channel.objects.filter(key=key).first()
    dialect = DIALECTS.get(row.kind) if row else None
    if row is None or dialect is None or dialect.collector is None or dialect.receiver is None:
        return None
    setup = setup_of(row)
    collector = dialect.collector(setup, private_hosts())
    return (collector, dialect.receiver(setup)) if collector else None


def setup_of(row: Channel) -> Setup:
    """A channel's settings, opened. Raises BadSetup, or Unreadable where the key that sealed them is gone."""
    sealed = vault().open(bytes(row.settings_sealed), place=place_of(row.pk)) if row.settings_sealed else "{}"
    return read_settings(row.kind, json.loads(sealed), private_hosts=private_hosts())


def private_hosts() -> frozenset[str]:
    """The hosts inside the own network that the operator lets messages go to. Not for administrators to decide."""
    return frozenset(settings.PRIVATE_GATEWAYS)


@cache
def vault() -> Vault:
    return Vault(keys=settings.DATA_KEYS)


def place_of(channel_id: int) -> Place:
    return Place("messaging_channel", "settings_sealed", channel_id)
