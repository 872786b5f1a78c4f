"""The ledger's tables. Nothing here is ever updated by a room; only sealing and delivery touch their own columns."""

from django.db import models
from django.db.models import Q


class Node(models.Model):
    """One row per process that ever made ids; its key is the process's node number (modulo 4,096)."""

    started_at = models.DateTimeField()
    host = models.CharField(max_length=120)


class Event(models.Model):
    """A fact: who did what to what, when. Sealed into the chain in batches behind the hot path.

    ``sequence`` and ``seal`` stay empty until the sealer has been there (about a second). A batch of interactions is
    one event that lists its ids, so that the hot path never writes one row of audit per customer.
    """

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    actor = models.CharField(max_length=80)  # "staff:12", "api:3", "system:worker", "customer"
    subject = models.CharField(max_length=80)  # "case:714…", the thing that changed
    unit_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    mark = models.BinaryField(max_length=32)  # keyed hash of this row alone, made when it was written
    sequence = models.BigIntegerField(null=True, unique=True)
    seal = models.BinaryField(null=True)  # HMAC-SHA-256 over the previous seal and this row
    wants_delivery = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(sequence=None), name="event_unsealed"),
            models.Index(fields=["id"], condition=Q(wants_delivery=True), name="event_undelivered"),
            models.Index(fields=["subject", "id"], name="event_by_subject"),
            models.Index(fields=["kind", "id"], name="event_by_kind"),
        ]


class Anchor(models.Model):
    """Where the chain stood at a moment: also written to a file outside the database, so that a cut tail shows."""

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    seal = models.BinaryField()


class Head(models.Model):
    """How far the chain reaches: one row, locked and rewritten by every sealing.

    Its keyed mark cannot be made without the key, so that whoever cuts the tail cannot make the head fit: a cut shows
    at once, also before the next anchor.
    """

    sequence = models.BigIntegerField()
    seal = models.BinaryField(max_length=32)
    mark = models.BinaryField(max_length=32)


class Reaction(models.Model):
    """What one reaction of ``loop.py`` did with one event. A row exists only while it has failed, or gave up."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    error = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="reaction_once_per_event")]
        indexes = [models.Index(fields=["next_try_at"], condition=Q(parked_at=None), name="reaction_due")]


class IntakeKey(models.Model):
    """What has come in already: one row per (kind, source, external id), for as long as the record is kept.

    Apart from the hot tables, because a unique key over source and external id cannot live in a table that is
    partitioned by month or distributed by customer.
    """

    key = models.UUIDField(primary_key=True)  # the first 16 bytes of SHA-256 over kind, source, external id
    target_id = models.BigIntegerField()
    body = models.UUIDField()  # the first 16 bytes of SHA-256 over the cleaned body
    at = models.DateTimeField()


class Clock(models.Model):
    """One row: the latest time that the server's clock has shown, as ``clock`` reads it."""

    latest = models.DateTimeField()
