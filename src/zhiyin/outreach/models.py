"""Policies as versions, and three hot tables: what was decided, who was asked. See docs/decisions/0002."""

from django.db import models
from django.db.models import Q


class PolicyVersion(models.Model):
    """The fatigue rules as a file, kept whole. The highest number is in force."""

    number = models.PositiveIntegerField(unique=True)
    toml = models.TextField()
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=80)


NOBODY = 0  # the customer of what goes to a member of staff: a key that rows are distributed by cannot be empty


class Decision(models.Model):
    """Invite or suppress, for every interaction exactly one, with its inputs and the arithmetic that led there."""

    interaction_id = models.BigIntegerField(primary_key=True)
    customer_id = models.BigIntegerField()
    scenario_id = models.BigIntegerField()
    touchpoint_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    invited = models.BooleanField()
    reason = models.CharField(max_length=40, default="")  # empty when invited
    rule = models.CharField(max_length=40, default="")  # which rule gave it: limit[2], gap, opted_out
    policy = models.PositiveIntegerField()  # PolicyVersion.number
    facts = models.JSONField(default=dict)  # what the rules were told about the person and the way to them
    counts = models.JSONField(default=list)  # one count per limit of the policy, in its order
    next_allowed_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer_id", "interaction_id"], name="decision_by_customer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(invited=True, reason="") | Q(invited=False) & ~Q(reason=""),
                name="suppression_has_a_reason",
            )
        ]


class Invitation(models.Model):
    """One request to one person to answer one survey version. What it promised is frozen on it."""

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        SENT = "sent", "sent"
        UNKNOWN = "unknown", "unknown"  # bytes may have left; parked, counts as sent, its link lives
        ANSWERED = "answered", "answered"
        WITHDRAWN = "withdrawn", "withdrawn"  # judged again at send time and refused, opted out, erased
        FAILED = "failed", "failed"  # certainly not sent

    id = models.BigIntegerField(primary_key=True)
    customer_id = models.BigIntegerField(default=NOBODY)
    staff_id = models.BigIntegerField(null=True)  # the one invited may be a member of staff
    interaction_id = models.BigIntegerField(null=True)
    case_id = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=20, default="service")  # service, recovery, employee
    survey_version_id = models.BigIntegerField()
    scenario_id = models.BigIntegerField()
    touchpoint_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    served_by = models.BigIntegerField(null=True)  # the member of staff whose service is rated, frozen here
    channel = models.CharField(max_length=20, default="sms")
    language = models.CharField(max_length=10, default="zh-hans")
    policy = models.PositiveIntegerField()
    link_life = models.DurationField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=40, default="")
    token_hash = models.BinaryField(max_length=32, null=True)  # 71 random bits: no two are equal
    # The link before the last reminder: it lives to its own end, and takes its place again if that never left.
    earlier_token_hash = models.BinaryField(max_length=32, null=True)
    earlier_sent_at = models.DateTimeField(null=True)
    earlier_dies_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)  # when it is to be seen whether a reminder goes; empty: never
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    dies_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "id"], name="invitation_by_customer"),
            models.Index(fields=["interaction_id"], name="invitation_by_interaction"),
            models.Index(fields=["case_id"], condition=Q(case_id__isnull=False), name="invitation_by_case"),
            models.Index(fields=["token_hash"], condition=Q(token_hash__isnull=False), name="invitation_by_token"),
            models.Index(
                fields=["earlier_token_hash"],
                condition=Q(earlier_token_hash__isnull=False),
                name="invitation_by_earlier_token",
            ),
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="invitation_to_remind"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at=None, dies_at=None) | Q(sent_at__isnull=False, dies_at__isnull=False),
                name="sent_link_has_its_end",
            ),
            models.CheckConstraint(
                condition=~Q(customer_id=NOBODY) | Q(staff_id__isnull=False), name="invitation_has_somebody"
            ),
        ]


class GroupContact(models.Model):
    """Which messages count for a group (a member of staff, a unit, a brand, a segment): an index that is written only
    while the policy limits by groups. See ``pressure``."""

    scope = models.CharField(max_length=20)
    key = models.CharField(max_length=80)
    message_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    invitation_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key", "message_id"], name="message_counts_once_for_a_group")
        ]
