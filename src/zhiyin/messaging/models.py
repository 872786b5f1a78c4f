"""The message queue is our own rows: state, lease, fencing number; a timer is ``not_before <= now``."""

from django.db import models
from django.db.models import Q

from zhiyin.messaging.rules.states import Category, State

NOBODY = 0  # the customer of what goes to a member of staff: a key that rows are distributed by cannot be empty


class Channel(models.Model):
    """A way out, as an administrator set it up. All its settings are sealed, and how it fares stands beside them."""

    key = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20)
    settings_sealed = models.BinaryField(null=True)
    is_active = models.BooleanField(default=True)
    updated_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)  # in a row
    rests_until = models.DateTimeField(null=True)  # left alone after too many failures; then one message as a probe
    trouble = models.CharField(max_length=300, default="")  # what the last failure said


class Message(models.Model):
    """One message. Customer messages are sent at most once; staff alerts at least once. See docs/decisions/0005.

    It also is the fatigue ledger: surveys, reminders and care messages all count from here.
    """

    id = models.BigIntegerField(primary_key=True)
    customer_id = models.BigIntegerField(default=NOBODY)
    staff_id = models.BigIntegerField(null=True)
    identity_id = models.BigIntegerField(null=True)  # people.Identity: which address; never the address itself
    category = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Category])
    scenario_id = models.BigIntegerField(default=0)
    touchpoint_id = models.BigIntegerField(default=0)
    unit_id = models.BigIntegerField(default=0)
    invitation_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=40)  # the kind that was asked for: sms, email
    via = models.CharField(max_length=40, default="")  # the key of the channel that it went by
    body = models.JSONField(default=dict)  # what the text is made from, without address and token
    state = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in State], default=State.QUEUED.value
    )
    not_before = models.DateTimeField()
    created_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    fencing = models.BigIntegerField(default=0)  # rises at each change of hands; a write with an older one is refused
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)  # just before the bytes left; what fatigue and the link's life count from
    delivered_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=120, default="")
    segments = models.PositiveSmallIntegerField(null=True)  # that are charged for; empty: one
    error = models.CharField(max_length=300, default="")

    class Meta:
        indexes = [
            models.Index(fields=["channel", "not_before", "id"], condition=Q(state="queued"), name="message_due"),
            models.Index(
                fields=["staff_id", "id"],
                condition=Q(category="staff", state__in=["queued", "leased", "sending"]),
                name="message_staff_waiting",
            ),
            models.Index(
                fields=["leased_until"], condition=Q(state__in=["leased", "sending"]), name="message_lease_ends"
            ),
            models.Index(fields=["customer_id", "id"], name="message_by_customer"),
            models.Index(fields=["id"], condition=Q(state="unknown"), name="message_in_doubt"),
            models.Index(fields=["via", "sent_at"], condition=Q(sent_at__isnull=False), name="message_by_channel"),
            # Receipts of gateways that do not repeat our id find their message by the gateway's.
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="message_by_provider"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(customer_id=NOBODY) | Q(staff_id__isnull=False), name="message_is_for_somebody"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[each.value for each in State]), name="message_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "sent", "unknown"]) | Q(sent_at__isnull=False),
                name="message_that_left_says_when",
            ),
        ]


class Attempt(models.Model):
    """One try at sending, written before the bytes leave, so that a crash leaves a trace."""

    message_id = models.BigIntegerField()
    number = models.PositiveSmallIntegerField()
    fencing = models.BigIntegerField()
    worker = models.CharField(max_length=80)
    place = models.CharField(max_length=120, default="")  # where the channel stood before, for those that can look back
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, default="")
    detail = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message_id", "fencing"], name="attempt_once_per_change_of_hands")
        ]


class InboxItem(models.Model):
    """One request of a gateway, kept as it came for some days. Sealed: it carries numbers and words of people."""

    id = models.BigIntegerField(primary_key=True)
    channel = models.CharField(max_length=40)
    received_at = models.DateTimeField(db_index=True)
    digest = models.BinaryField(max_length=32)  # of the whole request, keyed: the very same one again is known by it
    nonce = models.BinaryField(max_length=32, null=True)  # what a signed request may come with only once
    content_sealed = models.BinaryField(null=True)
    signals = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, default="")  # why it could not be read

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "digest"], name="inbox_keeps_a_request_once"),
            models.UniqueConstraint(fields=["channel", "nonce"], name="inbox_nonce_is_used_once"),
        ]


class Arrival(models.Model):
    """One thing that a gateway said: a receipt, a reply, a departure, or a piece that could not be read."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "receipt"
        UPLINK = "uplink", "uplink"
        LEFT = "left", "left"
        BROKEN = "broken", "broken"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        PARKED = "parked", "parked"  # it fits nothing yet, and is tried again for a day
        LISTED = "listed", "listed"  # it fits nothing: for somebody to look at
        DONE = "done", "done"

    id = models.BigIntegerField(primary_key=True)
    inbox_id = models.BigIntegerField(null=True)  # None: it was asked for, not pushed
    channel = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    digest = models.BinaryField(max_length=32)  # of what it says, keyed: the same thing said twice happens once
    thread = models.BinaryField(max_length=32, null=True)  # the same for all parts of one long reply
    content_sealed = models.BinaryField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    received_at = models.DateTimeField(db_index=True)
    try_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, default="")

    class Meta:
        indexes = [
            models.Index(fields=["try_at", "id"], condition=Q(state__in=["waiting", "parked"]), name="arrival_due"),
            models.Index(fields=["id"], condition=Q(state="listed"), name="arrival_listed"),
            models.Index(fields=["thread"], condition=Q(thread__isnull=False), name="arrival_thread"),
        ]
        constraints = [models.UniqueConstraint(fields=["channel", "digest"], name="arrival_happens_once")]


class DeliveryReport(models.Model):
    """One receipt of one message, kept for good: what the message's fate is worked out from, whatever their order."""

    customer_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField()
    attempt = models.PositiveSmallIntegerField()  # which try it is about; 0: an earlier one, nobody knows which
    digest = models.BinaryField(max_length=32)
    channel = models.CharField(max_length=40)
    provider_id = models.CharField(max_length=120, default="")
    delivery = models.CharField(max_length=10)
    code = models.CharField(max_length=60, default="")
    part = models.PositiveSmallIntegerField(default=0)
    segments = models.PositiveSmallIntegerField(null=True)  # what the provider charges for (G43)
    at = models.DateTimeField()
    is_mended = models.BooleanField(default=False)  # the gateway's own time could not be believed
    is_daily_cap = models.BooleanField(default=False)
    is_out_of_credit = models.BooleanField(default=False)
    detail = models.CharField(max_length=300, default="")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message_id", "digest"], name="report_counts_once")]


class Reply(models.Model):
    """What a customer wrote back, and what followed. Of an opt-out it is the proof: channel, id, words and time."""

    id = models.BigIntegerField(primary_key=True)
    channel = models.CharField(max_length=40)
    uplink_id = models.CharField(max_length=120)
    customer_id = models.BigIntegerField(null=True, db_index=True)
    unit_id = models.BigIntegerField(default=0)
    invitation_id = models.BigIntegerField(null=True)
    sender_masked = models.CharField(max_length=80, default="")
    text_sealed = models.BinaryField(null=True)  # None once the person was erased
    meaning = models.CharField(max_length=20)
    opted_out = models.BooleanField(default=False)
    needs_person = models.BooleanField(default=False)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=80, default="")
    note = models.CharField(max_length=300, default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], condition=Q(needs_person=True, settled_at=None), name="reply_waits_for_a_person"
            )
        ]
        constraints = [models.UniqueConstraint(fields=["channel", "uplink_id"], name="reply_is_kept_once")]


class Hearing(models.Model):
    """How the way back of one channel fares: what was heard, what was refused, and what somebody was told of it."""

    channel = models.CharField(max_length=40, unique=True)
    heard_at = models.DateTimeField(null=True)
    refused = models.PositiveIntegerField(default=0)  # since ``counted_since``
    receipts = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)
    counted_since = models.DateTimeField(null=True)
    told_refused_at = models.DateTimeField(null=True)
    told_unread_at = models.DateTimeField(null=True)
    told_silent_at = models.DateTimeField(null=True)
    told_doubts_at = models.DateTimeField(null=True)  # None: no message of this channel has long been in doubt
    pulled_at = models.DateTimeField(null=True)


class AccessToken(models.Model):
    """A key that a provider lends for two hours, sealed; one for all workers, since a new one ends the old."""

    channel = models.CharField(max_length=40, unique=True)
    token_sealed = models.BinaryField(null=True)
    expires_at = models.DateTimeField()


class ClosedAddress(models.Model):
    """An address that its owner closed to one kind of channel: who unfollows the account keeps their SMS (G65)."""

    kind = models.CharField(max_length=20)
    value_hash = models.BinaryField(max_length=32)
    closed_at = models.DateTimeField()
    because = models.CharField(max_length=40, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value_hash"], name="address_is_closed_once")]
