"""The journey's rows, for a test of another room to count and look at."""

from django.db.models import QuerySet

from zhiyin.journey.models import Interaction, Touchpoint


def interactions() -> QuerySet[Interaction]:
    return Interaction.objects.all()


def touchpoints() -> QuerySet[Touchpoint]:
    return Touchpoint.objects.all()
