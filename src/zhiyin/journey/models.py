"""The map (small tables that a pack fills) and what happened on it (one hot table)."""

from django.db import models
from django.db.models import F, Q


class Scenario(models.Model):
    """The survey scene that fatigue limits count by."""

    key = models.CharField(max_length=60, unique=True)
    name = models.JSONField()


class Stage(models.Model):
    """A step of the customer's journey."""

    key = models.CharField(max_length=60, unique=True)
    name = models.JSONField()
    definition = models.JSONField(default=dict)
    order = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=120)


class Dimension(models.Model):
    """One of the four 纬: behaviour, value, safety, convenience."""

    key = models.CharField(max_length=60, unique=True)
    name = models.JSONField()
    definition = models.JSONField(default=dict)
    order = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=120)


class Touchpoint(models.Model):
    """Where customers meet the organisation (经). ``survey`` names what an interaction there asks."""

    key = models.CharField(max_length=60, unique=True)
    name = models.JSONField()
    aliases = models.JSONField(default=list)
    kind = models.CharField(max_length=30)
    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="+")
    survey = models.CharField(max_length=60, default="")
    owner = models.ForeignKey("people.Staff", on_delete=models.SET_NULL, null=True, related_name="+")
    in_matrix = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=120)


class Moment(models.Model):
    """A moment of truth: a touchpoint at a stage, with its standard and checklist."""

    key = models.CharField(max_length=60, unique=True)
    name = models.JSONField()
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    touchpoint = models.ForeignKey(Touchpoint, on_delete=models.PROTECT, related_name="+")
    dimensions = models.JSONField(default=list)  # dimension keys
    standard = models.JSONField(default=dict)
    checklist = models.JSONField(default=list)  # [{"key", "text": Text, "source"}]
    order = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=120)


class Interaction(models.Model):
    """One service encounter that happened elsewhere. Hot: see docs/decisions/0002."""

    id = models.BigIntegerField(primary_key=True)
    customer_id = models.BigIntegerField()
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=255)
    touchpoint_id = models.BigIntegerField()
    scenario_id = models.BigIntegerField()
    moment = models.CharField(max_length=60, default="")
    unit_id = models.BigIntegerField()
    staff_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=20, default="")
    is_complaint = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()
    received_at = models.DateTimeField()
    attributes = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "ended_at"], name="interaction_by_customer"),
            models.Index(fields=["external_id"], name="interaction_by_external_id"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(started_at=None) | Q(started_at__lte=F("ended_at")),
                name="interaction_starts_before_it_ends",
            )
        ]
