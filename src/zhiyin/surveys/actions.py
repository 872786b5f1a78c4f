"""Publishing. A published version never changes; publishing again what is in use makes no new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from zhiyin.ledger.ids import new_id
from zhiyin.ledger.record import record
from zhiyin.people.access import Viewer
from zhiyin.people.roles import Permission
from zhiyin.surveys.events import VersionPublished
from zhiyin.surveys.models import Survey, SurveyVersion
from zhiyin.surveys.queries import forget_current
from zhiyin.surveys.rules import Questionnaire, parse_file, render


@dataclass(frozen=True)
class Published:
    """The version in use after publishing. ``is_new`` is false where nothing had changed."""

    survey: str
    number: int
    version_id: int
    is_new: bool


@transaction.atomic
def publish_file(document: Mapping[str, Any], *, by: Viewer, now: datetime) -> list[Published]:
    """Publish every questionnaire of a file, or none. Raises Faulty with all that is wrong with the file."""
    return [publish_version(one, by=by, now=now) for one in parse_file(document)]


@transaction.atomic
def publish_version(questionnaire: Questionnaire, *, by: Viewer, now: datetime) -> Published:
    """Make this the version that is asked from now on. What was sent before keeps the version it names."""
    by.require(Permission.RUN_OUTREACH)
    Survey.objects.get_or_create(
        key=questionnaire.key, defaults={"name": dict(questionnaire.name), "purpose": questionnaire.purpose}
    )
    survey = Survey.objects.select_for_update().get(key=questionnaire.key)
    content = render(questionnaire)
    current = SurveyVersion.objects.filter(survey=survey, number=survey.current).first()
    if current is not None and current.content == content:
        return Published(survey.key, current.number, current.pk, is_new=False)
    version = SurveyVersion.objects.create(
        id=new_id(now=now),
        survey=survey,
        number=survey.current + 1,
        content=content,
        published_at=now,
        published_by=by.actor,
    )
    Survey.objects.filter(pk=survey.pk).update(
        current=version.number, name=dict(questionnaire.name), purpose=questionnaire.purpose
    )
    fact = VersionPublished(survey=survey.key, number=version.number, version_id=version.pk)
    record(fact, by=by, now=now, subject=f"survey:{survey.key}")
    forget_current()
    return Published(survey.key, version.number, version.pk, is_new=True)
