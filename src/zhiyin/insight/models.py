"""The lexicon as versions: a case that was opened for an angry comment can say by which words it was read."""

from django.db import models


class LexiconVersion(models.Model):
    """The words of feeling as they stood, in the shape of a pack's emotions.toml; the highest number is in force."""

    number = models.PositiveIntegerField(unique=True)
    content = models.JSONField()
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=80)
