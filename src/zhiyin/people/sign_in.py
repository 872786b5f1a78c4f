"""Who may come in: one answer for every failure, slowed by account and by (account, address), counters of their own."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from zhiyin.ledger.queries import count_since
from zhiyin.ledger.record import record
from zhiyin.people.access import Viewer
from zhiyin.people.actions import LONGEST_PASSWORD
from zhiyin.people.events import SignedIn, SignInFailed
from zhiyin.people.models import Staff
from zhiyin.people.vault import vault

WINDOW = timedelta(minutes=15)
MOST_FAILURES = 10  # by account and address, in the window
MOST_FAILURES_OF_ACCOUNT = 50  # from anywhere, so that a stranger cannot lock somebody out with ten tries


@dataclass(frozen=True)
class Verdict:
    """``staff`` when they may come in; otherwise whether they must wait first."""

    staff: Staff | None
    must_wait: bool = False


def try_sign_in(*, email: str, password: str, address: str, now: datetime) -> Verdict:
    """Check an e-mail and password. Unknown account, wrong password and disabled account look and last alike."""
    nobody, address = _dummy(), address or "unknown"
    account = hmac.digest(vault().find("account", email.strip().lower()), b"sign in", "sha256").hex()[:24]
    if _failures(account, "", now) >= MOST_FAILURES_OF_ACCOUNT or _failures(account, address, now) >= MOST_FAILURES:
        return Verdict(None, must_wait=True)
    staff = None
    if email and len(password) <= LONGEST_PASSWORD and "\0" not in email + password:
        staff = Staff.objects.filter(email=email.strip().lower()).first()
    known = staff is not None and staff.has_usable_password()
    right = check_password(password[:LONGEST_PASSWORD], staff.password if staff and known else nobody)
    with transaction.atomic():
        if staff is not None and known and right and staff.is_active:
            by = Viewer(actor=f"staff:{staff.pk}", permissions=frozenset())
            record(SignedIn(staff_id=staff.pk), by=by, now=now, subject=f"staff:{staff.pk}")
            return Verdict(staff)
        by = Viewer(actor="anonymous", permissions=frozenset())
        record(SignInFailed(account=account, address=address), by=by, now=now, subject=_subject(account, address))
        record(SignInFailed(account=account, address=address), by=by, now=now, subject=_subject(account, ""))
    return Verdict(None)


def _failures(account: str, address: str, now: datetime) -> int:
    return count_since(now - WINDOW, subject=_subject(account, address))


def _subject(account: str, address: str) -> str:
    return f"sign_in:{account}:{address}"[:80]


_dummies: list[str] = []


def _dummy() -> str:
    """A hash of nobody's password, so that an unknown account costs as long as a known one."""
    if not _dummies:
        _dummies.append(make_password("nobody"))
    return _dummies[0]
