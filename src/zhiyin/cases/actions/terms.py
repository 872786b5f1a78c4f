"""Putting terms, cause tree, step texts and the words of feeling in force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from zhiyin.cases.events import TermsApplied
from zhiyin.cases.models import TermsVersion
from zhiyin.cases.rules.terms import terms_of
from zhiyin.insight.actions import apply_lexicon
from zhiyin.ledger.record import record
from zhiyin.lib.canonical import canonical
from zhiyin.lib.crypto import digest
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission

KEPT = ("terms", "causes", "steps")


@transaction.atomic
def apply_terms(content: Mapping[str, Any], *, by: Viewer, now: datetime) -> int:
    """Put a pack's tables in force and return the number of the terms: ``terms``, ``causes``, ``steps`` as their files
    hold them, and ``emotions``, where given, as the lexicon.

    Cases that are open keep the terms they were opened under. The same content again changes nothing.
    Raises BadTerms or BadLexicon where it cannot be used, NotAllowed for others than administrators.
    """
    by.require(Permission.MANAGE_SETTINGS)
    if "emotions" in content:
        apply_lexicon(content=content["emotions"], by=by, now=now)
    kept = {name: dict(content[name]) for name in KEPT}
    terms_of(kept, zone=settings.TIME_ZONE)
    named = digest(canonical(kept)).hex()
    last = TermsVersion.objects.order_by("-number").first()
    if last is not None and last.digest == named:
        return last.number
    number = last.number + 1 if last is not None else 1
    TermsVersion.objects.create(number=number, content=kept, digest=named, applied_at=now, applied_by=by.actor)
    record(TermsApplied(number=number), by=by, now=now, subject=f"terms:{number}")
    return number
