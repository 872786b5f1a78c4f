"""Changing the words by which comments are read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from zhiyin.insight.events import LexiconApplied
from zhiyin.insight.models import LexiconVersion
from zhiyin.insight.rules import lexicon_of
from zhiyin.ledger.record import record
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission


@transaction.atomic
def apply_lexicon(*, content: Mapping[str, Any], by: Viewer, now: datetime) -> int:
    """Put ``content`` (the table of emotions.toml) in force and return its number.

    The same words again change nothing. Raises BadLexicon where the content cannot be used, NotAllowed for others
    than administrators.
    """
    by.require(Permission.MANAGE_SETTINGS)
    lexicon_of(content)
    last = LexiconVersion.objects.order_by("-number").first()
    if last is not None and last.content == content:
        return last.number
    number = (LexiconVersion.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    LexiconVersion.objects.create(number=number, content=dict(content), applied_at=now, applied_by=by.actor)
    record(LexiconApplied(number=number), by=by, now=now, subject=f"lexicon:{number}")
    return number
