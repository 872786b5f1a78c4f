"""``Authorization: Bearer KEY``: who calls the API, and whether the key may do this."""

import hmac
import secrets
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from zhiyin.ledger.reading import moment_in, rows
from zhiyin.ledger.record import Actor, record
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.people.access import Viewer, viewer_of_key
from zhiyin.people.events import ApiKeyMade, ApiKeyRevoked
from zhiyin.people.models import ApiKey, Unit
from zhiyin.ui.api_frame import Problem

LONGEST_NAME = 80  # characters


@cache
def _key() -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"zhiyin api keys").derive(settings.SECRET_KEY.encode())


def secret_hash(secret: str) -> bytes:
    return hmac.digest(_key(), secret.encode(), "sha256")


@transaction.atomic
def create_api_key(
    *, name: str, scope: str, by: Actor, now: datetime, unit: str = "", expires_at: datetime | None = None
) -> str:
    """Make a key and return its secret, which is shown this once and kept nowhere. Raises NotFound for the unit."""
    if not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
        raise Refused(
            _("A key needs a name of at most %(limit)s characters.") % {"limit": LONGEST_NAME}, code="key_unnamed"
        )
    of_unit = Unit.objects.filter(code=unit).first() if unit else None
    if unit and of_unit is None:
        raise NotFound(_("There is no unit %(code)s.") % {"code": unit})
    secret = f"zy_{secrets.token_urlsafe(30)}"
    key = ApiKey.objects.create(
        name=name,
        prefix=secret[:9],
        secret_hash=secret_hash(secret),
        scope=scope,
        unit=of_unit,
        created_at=now,
        expires_at=expires_at,
    )
    record(ApiKeyMade(key_id=key.pk, name=name, scope=scope), by=by, now=now, subject=f"api_key:{key.pk}")
    return secret


@transaction.atomic
def revoke_api_key(key_id: int, *, by: Actor, now: datetime) -> None:
    """From the next request on the key opens nothing."""
    if ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=now):
        record(ApiKeyRevoked(key_id=key_id), by=by, now=now, subject=f"api_key:{key_id}")


# Asked with every call, so spelled once and read without the ORM; the unit of a key that has one is read when needed.
_BY_HASH = "SELECT id, scope, unit_id, expires_at, revoked_at FROM people_apikey WHERE secret_hash = %s"


def bearer(request: HttpRequest) -> Viewer:
    """The viewer behind the key, for ninja's ``auth=``. Raises Problem 401 or 403."""
    scheme, _sign, secret = request.headers.get("Authorization", "").partition(" ")
    key = None
    if scheme.lower() == "bearer" and secret.isascii() and 10 < len(secret) <= 100:
        key = next((_key_of(row) for row in rows(_BY_HASH, [secret_hash(secret.strip())])), None)
    now = timezone.now()  # noqa: TID251  (the API's doorstep)
    if key is None or key.revoked_at or (key.expires_at and key.expires_at <= now):
        raise Problem(401, "not_authenticated", _("Send a valid key as: Authorization: Bearer KEY."))
    if key.scope != "write" and request.method not in ("GET", "HEAD", "OPTIONS"):
        raise Problem(403, "read_only_key", _("This key may only read. Use one with the scope write."))
    return viewer_of_key(key)


def _key_of(row: tuple[Any, ...]) -> ApiKey:
    identifier, scope, unit, expires_at, revoked_at = row
    return ApiKey(
        id=identifier, scope=scope, unit_id=unit, expires_at=moment_in(expires_at), revoked_at=moment_in(revoked_at)
    )


def viewer(request: HttpRequest) -> Viewer:
    """The viewer of an API request that ``bearer`` let in."""
    found: Viewer = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    return found
