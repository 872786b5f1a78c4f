"""What is kept: questions under a name, dashboards of them, and who is mailed which of them when. Never an answer."""

from django.db import models
from django.db.models import F, Q


class Kept(models.Model):
    """Something under a name that belongs to one member of staff and may be shared with a unit and all below it, there
    with everybody or with one role. ``version`` rises with each change, so that nobody overwrites what they did not
    see; what is deleted can be taken back for a while."""

    owner_id = models.BigIntegerField(db_index=True)
    name = models.CharField(max_length=80)
    shared_unit_id = models.BigIntegerField(null=True)
    shared_role = models.CharField(max_length=20, default="")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class SavedView(Kept):
    """A question, spelled as its address is. Whoever opens it asks it within their own units."""

    query = models.CharField(max_length=2000)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(shared_unit_id__isnull=False) | Q(shared_role=""),
                name="view_is_shared_with_a_role_somewhere",
            )
        ]


class Dashboard(Kept):
    """Tiles in an order."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(shared_unit_id__isnull=False) | Q(shared_role=""),
                name="dashboard_is_shared_with_a_role_somewhere",
            )
        ]


class Tile(models.Model):
    """A saved view on a dashboard."""

    dashboard = models.ForeignKey(Dashboard, on_delete=models.CASCADE, related_name="tiles")
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="+")
    place = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dashboard", "view"], name="view_stands_once_on_a_dashboard"),
        ]


class Schedule(models.Model):
    """A view or a dashboard by mail. ``due_at`` is when it goes out next; it is found by ``due_at <= now``, taken on a
    lease, and moved on in the transaction that queues the mails."""

    class Rhythm(models.TextChoices):
        DAILY = "daily", "daily"
        WEEKLY = "weekly", "weekly"
        MONTHLY = "monthly", "monthly"

    owner_id = models.BigIntegerField(db_index=True)
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, null=True, related_name="+")
    dashboard = models.ForeignKey(Dashboard, on_delete=models.CASCADE, null=True, related_name="+")
    rhythm = models.CharField(max_length=10, choices=Rhythm.choices)
    on_day = models.PositiveSmallIntegerField(default=0)  # weekly 0 Monday – 6; monthly 1–31, the last day where none
    at_minute = models.PositiveSmallIntegerField()  # of the organisation's day
    is_active = models.BooleanField(default=True)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    fencing = models.BigIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(is_active=True), name="schedule_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(view__isnull=False, dashboard__isnull=True) | Q(view__isnull=True, dashboard__isnull=False),
                name="schedule_mails_one_thing",
            ),
            models.CheckConstraint(condition=Q(at_minute__lt=1440), name="schedule_minute_is_of_a_day"),
        ]


class ScheduleReader(models.Model):
    """A member of staff who gets it, until they stop it themselves."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="readers")
    staff_id = models.BigIntegerField(db_index=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "staff_id"], name="reader_gets_a_schedule_once")]


class ScheduleRun(models.Model):
    """One period that went out. That it can be written once is what keeps a second scheduler from mailing it again."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="runs")
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    readers = models.PositiveIntegerField()
    without_right = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at"], name="period_goes_out_once")]


NEXT = F("version") + 1
