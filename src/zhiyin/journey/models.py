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


class Cell(models.Model):
    """What the source wants improved where a touchpoint meets a dimension (S2.12). No points: there are none."""

    touchpoint = models.CharField(max_length=60)
    dimension = models.CharField(max_length=60)
    points = models.JSONField(default=list)  # [Text]
    source = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["touchpoint", "dimension"], name="cell_of_the_matrix_once")]


class Attribute(models.Model):
    """An attribute of interactions that figures may be cut by. Only declared ones reach the mirror (data minimisation);
    ``slot`` is the mirror's column that holds it."""

    key = models.CharField(max_length=60, unique=True)
    name = models.JSONField()
    slot = models.PositiveSmallIntegerField(unique=True)
    values = models.JSONField(default=dict)  # value → Text, where people should read something else
    source = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(slot__gte=1, slot__lte=12), name="attribute_has_one_of_twelve_slots")
        ]


class Shift(models.Model):
    """A part of the day by the clock on the wall; ``until_hour`` at or before ``from_hour`` goes past midnight."""

    key = models.CharField(max_length=60, unique=True)
    name = models.JSONField()
    from_hour = models.PositiveSmallIntegerField()
    until_hour = models.PositiveSmallIntegerField()
    order = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(from_hour__lte=23, until_hour__lte=24), name="shift_is_within_a_day")
        ]


class Counter(models.Model):
    """How many there were of one step of the funnel on one day, as another system counted it (S1.41)."""

    id = models.BigIntegerField(primary_key=True)
    key = models.CharField(max_length=20)  # a ``rules.FUNNEL`` step
    day = models.DateField()
    unit_id = models.BigIntegerField()
    touchpoint = models.CharField(max_length=60, default="")
    source = models.CharField(max_length=60)
    value = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "day", "unit_id", "touchpoint", "source"], name="counter_told_once_a_day"
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="counter_is_not_negative"),
        ]


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
