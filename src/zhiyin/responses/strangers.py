"""Who opens links that do not open: at most twenty in ten minutes from one address (RELIABILITY R17).

Unknown, used, expired and revoked links count alike, so that the count tells nothing about a link. Links that open
never come here: they stay open to everybody at the same address, such as all the customers behind one carrier's
gateway. Nothing here is shared with log-in (LimeSurvey let one reset the other).
"""

import hmac
import ipaddress
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection, transaction

from zhiyin.responses.models import Stranger

log = logging.getLogger("zhiyin.survey")
ALLOWED = 20
WINDOW = timedelta(minutes=10)
REMEMBERED = 10_000  # addresses that this process knows to be over the limit, so that a flood writes nothing


class Strangers:
    """The counter, and this process's memory of who is over it."""

    def __init__(self) -> None:
        self._over: dict[UUID, datetime] = {}

    def may_go_on(self, address: UUID, *, now: datetime) -> bool:
        """Count one link that did not open. False: this address had its twenty within the last ten minutes."""
        until = self._over.get(address)
        if until is not None:
            if now < until:
                return False
            self._over.pop(address, None)
        first = _count(address, now=now)
        if first is None:
            return True
        if len(self._over) >= REMEMBERED:
            self._over.clear()
        if address not in self._over:
            log.warning("address %s opened %s links that do not open within %s", address, ALLOWED, WINDOW)
        self._over[address] = first + WINDOW
        return False


def _count(address: UUID, *, now: datetime) -> datetime | None:
    """Note this moment, or, where there are twenty already, write nothing and return the first of them."""
    key = address if connection.vendor == "postgresql" else address.hex
    moment = connection.ops.adapt_datetimefield_value(now)
    with transaction.atomic(), connection.cursor() as cursor:
        # The conflicting update changes nothing that matters; it locks the row and returns what is in it.
        cursor.execute(
            "INSERT INTO responses_stranger (address, opened, at) VALUES (%s, '[]', %s) "
            "ON CONFLICT (address) DO UPDATE SET at = excluded.at RETURNING opened",
            [key, moment],
        )
        opened = _recent(cursor.fetchone()[0], now=now)
        if len(opened) >= ALLOWED:
            return datetime.fromtimestamp(opened[0], tz=now.tzinfo)
        kept = json.dumps([*opened, now.timestamp()])
        cursor.execute("UPDATE responses_stranger SET opened = %s WHERE address = %s", [kept, key])
    return None


def _recent(opened: str | Sequence[float], *, now: datetime) -> list[float]:
    listed: Sequence[float] = json.loads(opened) if isinstance(opened, str) else opened
    since = (now - WINDOW).timestamp()
    return [moment for moment in listed if moment > since]


def forget_strangers(*, now: datetime) -> int:
    """Delete what no longer counts; returns how many addresses were forgotten."""
    return Stranger.objects.filter(at__lte=now - WINDOW).delete()[0]


def sender_of(environ: Mapping[str, object]) -> str:
    """The address that our own proxies saw: as many steps from the right as there are of them, never further left,
    where anybody can write what they like."""
    peer = str(environ.get("REMOTE_ADDR", ""))
    trusted: int = settings.TRUSTED_PROXIES
    if not trusted:
        return peer
    hops = [hop.strip() for hop in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")[-trusted:]]
    return hops[0] if len(hops) == trusted and hops[0] else peer


@lru_cache(maxsize=4096)
def address_key(sender: str) -> UUID:
    """A keyed hash of the address. A household on IPv6 has a whole /64, so that is what is counted."""
    try:
        known = ipaddress.ip_address(sender.partition("%")[0])
    except ValueError:
        block = sender[:64]
    else:
        mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
        known = mapped or known
        block = str(ipaddress.ip_network((known, 32 if known.version == 4 else 64), strict=False))
    return UUID(bytes=hmac.digest(_key(), block.encode(), "sha256")[:16])


@cache
def _key() -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"zhiyin survey senders")
    return hkdf.derive(settings.SECRET_KEY.encode())
