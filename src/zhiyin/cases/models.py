"""Cases. Overdue is never stored: it is computed from the timestamps, the frozen terms and the calendar alone."""

from django.db import models
from django.db.models import F, Q


class TermsVersion(models.Model):
    """3-5-3 clocks, calendar, cause tree and close rules as they stood; the highest number is in force."""

    number = models.PositiveIntegerField(unique=True)
    content = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the content: by it what was built from it can be kept
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=80)


class Case(models.Model):
    """One customer's trouble until it is solved with their agreement."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        PAUSED = "paused", "paused"  # waiting for the customer
        CLOSED = "closed", "closed"

    id = models.BigIntegerField(primary_key=True)
    code = models.CharField(max_length=30, unique=True)  # GD-20261122-0001
    customer_id = models.BigIntegerField(db_index=True)
    interaction_id = models.BigIntegerField(null=True, db_index=True)
    response_id = models.BigIntegerField(null=True, db_index=True)
    touchpoint_id = models.BigIntegerField(default=0)
    unit = models.ForeignKey("people.Unit", on_delete=models.PROTECT, related_name="+")
    about = models.ForeignKey("people.Staff", on_delete=models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey("people.Staff", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=30)  # a ``rules.occasions.Reason``
    priority = models.CharField(max_length=10, default="normal")
    headline = models.SmallIntegerField(null=True)
    title = models.CharField(max_length=200, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    terms = models.PositiveIntegerField()  # TermsVersion.number: calendars, cause tree and texts as they stood
    clocks = models.JSONField()  # the promises as they stood: [{"key": "connect", "within": {"minutes": 30}, …}, …]
    owner_was_away = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(null=True)
    committed_at = models.DateTimeField(null=True)
    promised_for = models.DateTimeField(null=True)  # when the owner promised the customer to have it done
    completed_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    called_back_at = models.DateTimeField(null=True)
    callback_planned_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=60, default="")
    gap = models.CharField(max_length=30, default="")
    checklist = models.JSONField(default=list)  # keys of the complaint steps already done
    version = models.PositiveIntegerField(default=1)  # for "somebody else changed it" (409)

    class Meta:
        indexes = [
            models.Index(fields=["state", "unit"], name="case_by_unit"),
            models.Index(fields=["owner", "state"], name="case_by_owner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(agreed_at__isnull=False), name="case_closed_only_after_agreement"
            ),
            models.CheckConstraint(
                condition=Q(owner=None) | Q(about=None) | ~Q(owner=F("about")),
                name="case_not_owned_by_whom_it_is_about",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | ~Q(state="closed") & Q(closed_at=None),
                name="case_closed_has_its_moment",
            ),
        ]


class CaseNumber(models.Model):
    """How many codes each day has given out. The row ``door`` is held by whoever opens a case, so that openings come
    one after another."""

    day = models.CharField(max_length=10, primary_key=True)  # 2026-11-22, or "door"
    last = models.PositiveIntegerField(default=0)


class Trigger(models.Model):
    """What set a case off. Each low answer, flagged interaction or request leads to exactly one case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="triggers")
    kind = models.CharField(max_length=20)  # response, interaction, manual
    ref_id = models.BigIntegerField()
    reasons = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "ref_id"], name="case_opened_once_per_trigger")]


class Pause(models.Model):
    """The clocks stand still while the customer is awaited."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="pauses")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at=None), name="case_paused_once_at_a_time")
        ]


class Problem(models.Model):
    """Something that turned out not to be solved: two days from here (S1.13e). Each keeps its own clock for ever."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="problems")
    found_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)
    text = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(solved_at=None), name="case_has_one_problem_at_a_time")
        ]


class Told(models.Model):
    """That somebody was told of a broken promise: each rung of the ladder once for each run of a clock."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    rung = models.CharField(max_length=60)
    clock = models.CharField(max_length=60)
    began_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "rung", "clock", "began_at"], name="told_once_on_each_rung")
        ]


class Entry(models.Model):
    """The case's course, as people read it: every step, note, promise and hand-over."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    staff = models.ForeignKey("people.Staff", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    text = models.TextField(default="")
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["case", "at"], name="entry_by_case")]
