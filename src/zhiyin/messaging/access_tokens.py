"""Keys that a provider lends for two hours: one for all workers, sealed, since asking for a new one may end the old."""

from datetime import datetime, timedelta

from zhiyin.lib.crypto import Place, Unreadable
from zhiyin.messaging.models import AccessToken
from zhiyin.messaging.vault import vault

EARLY = timedelta(minutes=5)  # taken for over so long before it is


def token_of(channel: str, *, now: datetime) -> str:
    """The key as it stands; empty where there is none, or it is over."""
    row = AccessToken.objects.filter(channel=channel, expires_at__gt=now).first()
    if row is None or row.token_sealed is None:
        return ""
    try:
        return vault().open(bytes(row.token_sealed), place=_place(row.pk))
    except Unreadable:
        return ""


def keep_token(channel: str, token: str, *, lives: timedelta, now: datetime) -> None:
    """Keep a key that was just lent."""
    row, _ = AccessToken.objects.get_or_create(channel=channel, defaults={"expires_at": now})
    sealed = vault().seal(token, place=_place(row.pk))
    AccessToken.objects.filter(pk=row.pk).update(token_sealed=sealed, expires_at=now + lives - EARLY)


def _place(row: int) -> Place:
    return Place(AccessToken._meta.db_table, "token_sealed", row)
