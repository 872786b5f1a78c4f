"""Questionnaires. A published version never changes; an answer names the version that it answered."""

from django.db import models
from django.db.models import Q


class Survey(models.Model):
    """A questionnaire over time. ``current`` is the number of the published version (0: none yet)."""

    key = models.CharField(max_length=60, unique=True)
    name = models.JSONField()
    purpose = models.CharField(max_length=20, default="service")  # service, recovery, study
    current = models.PositiveIntegerField(default=0)


class SurveyVersion(models.Model):
    """The questions as they stood, per language. ``content`` is checked by ``surveys.rules`` before it is kept.

    The id is one of ``ledger.ids``, never given twice, so a process may keep what it made of a version for ever.
    """

    id = models.BigIntegerField(primary_key=True)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=80, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="survey_version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="survey_version_counts_from_one"),
        ]
