"""Survey links: their tokens are made here and nowhere else, kept only as a keyed hash, and ended here."""

import hmac
import secrets
import string
from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import F, QuerySet

from zhiyin.outreach.models import Invitation
from zhiyin.people.queries import merged_ids

ALPHABET = string.digits + string.ascii_letters
SHORTEST, LONGEST = 12, 22  # 71 to 131 bits


def new_token(length: int = SHORTEST) -> str:
    """A fresh token of base62. Twelve characters keep a Chinese SMS in one segment (RELIABILITY 0.7)."""
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"A token has {SHORTEST} to {LONGEST} characters, not {length}.")
    number = secrets.randbelow(len(ALPHABET) ** length)
    letters = []
    for _ in range(length):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def token_hash(token: str) -> bytes:
    """What the invitation keeps and is found by: HMAC-SHA-256 under a key of this server."""
    return hmac.digest(_key(), token.encode(), "sha256")


def end_links(customer_id: int, *, now: datetime) -> int:
    """Whoever opted out or was erased is asked nothing any more: their links die now (S14). Returns how many did.

    Also those sent to who they were before a merge. The invitation stays what it was, sent and unanswered; only its
    link's life is over.
    """
    whole_person = [customer_id, *merged_ids([customer_id])]
    theirs = Invitation.objects.filter(customer_id__among=whole_person, answered_at=None)
    theirs.filter(earlier_dies_at__gt=now).update(earlier_dies_at=now)
    return theirs.filter(dies_at__gt=now).update(dies_at=now)


def let_earlier_links_return(rows: QuerySet[Invitation]) -> int:
    """A reminder never left, or will be sent anew: the link that it came on top of takes its place again, on those of
    these rows that had one."""
    reminded = list(rows.filter(earlier_sent_at__isnull=False).values_list("pk", flat=True))
    if not reminded:
        return 0
    again = {name: F(f"earlier_{name}") for name in ("token_hash", "sent_at", "dies_at")}
    gone = dict.fromkeys(f"earlier_{name}" for name in again)
    found = Invitation.objects.filter(pk__among=reminded)
    return found.update(state=Invitation.State.SENT, reason="", **again, **gone)


@cache
def _key() -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"zhiyin survey links")
    return hkdf.derive(settings.SECRET_KEY.encode())
