"""Two hot tables, and a small one that only strangers touch.

An answer may come without an invitation: by QR, kiosk, interviewer or another system.
"""

from django.db import models
from django.db.models import Q


class Response(models.Model):
    """One filled-in questionnaire."""

    id = models.BigIntegerField(primary_key=True)
    customer_id = models.BigIntegerField(null=True)
    staff_id = models.BigIntegerField(null=True)  # the respondent, when staff answered
    invitation_id = models.BigIntegerField(null=True)
    interaction_id = models.BigIntegerField(null=True)
    case_id = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=20, default="service")
    survey_version_id = models.BigIntegerField()
    source = models.CharField(max_length=60, default="web")
    external_id = models.CharField(max_length=255, default="")
    scenario_id = models.BigIntegerField(default=0)
    touchpoint_id = models.BigIntegerField(default=0)
    unit_id = models.BigIntegerField(default=0)
    served_by = models.BigIntegerField(null=True)
    language = models.CharField(max_length=10, default="zh-hans")
    headline = models.SmallIntegerField(null=True)  # the raw answer to the version's headline question
    comment = models.TextField(default="")
    wants_contact = models.BooleanField(default=False)
    answered_at = models.DateTimeField()
    received_at = models.DateTimeField()
    body = models.UUIDField(null=True)  # the first 16 bytes of SHA-256 over the submitted form
    attributes = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "id"], name="response_by_customer"),
            models.Index(fields=["interaction_id"], name="response_by_interaction"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["invitation_id"], condition=Q(invitation_id__isnull=False), name="invitation_answered_once"
            )
        ]


class Answer(models.Model):
    """One answer, raw; ``value`` is its number where it has one. A ticked option is a row with value 1."""

    id = models.BigIntegerField(primary_key=True)
    response_id = models.BigIntegerField(db_index=True)
    customer_id = models.BigIntegerField(null=True)
    question = models.CharField(max_length=60)
    value = models.SmallIntegerField(null=True)
    raw = models.TextField(default="")


class Stranger(models.Model):
    """An address that opened links which do not open, with the moments of the last few. Valid links never touch it."""

    address = models.UUIDField(primary_key=True)  # a keyed hash: whose it is nobody needs to know
    opened = models.JSONField(default=list)  # seconds since 1970, at most as many as are allowed
    at = models.DateTimeField(db_index=True)
