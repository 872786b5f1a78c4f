"""What people may define themselves: composites, in versions that never change; the highest number is in force."""

from django.db import models


class CompositeVersion(models.Model):
    """One version of a figure made of figures: ``formula`` over measures and its own ``weights``."""

    key = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    name = models.JSONField()  # Text
    definition = models.JSONField()  # Text
    formula = models.CharField(max_length=500)
    weights = models.JSONField(default=dict)  # name → number
    unit = models.CharField(max_length=20)
    higher_is_better = models.BooleanField(default=True)
    source = models.CharField(max_length=120, default="")
    is_retired = models.BooleanField(default=False)
    defined_at = models.DateTimeField()
    defined_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "number"], name="composite_version_number_once")]
