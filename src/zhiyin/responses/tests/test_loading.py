"""What the mirror is given of a response: column by column the same as looked up one by one."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings

from zhiyin.journey.queries import interaction_cards, journey_map
from zhiyin.metrics.building import as_table
from zhiyin.outreach.testing import SYSTEM
from zhiyin.people.queries import customer_groups
from zhiyin.responses.facts import ANSWERS
from zhiyin.responses.loading import load_answers
from zhiyin.responses.models import Answer, Response
from zhiyin.responses.testing import GOOD, LOW, Browser, make_links
from zhiyin.surveys.queries import versions_by_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def received() -> list[int]:
    """Answers that came by links, one of a customer with a brand, and one that came from nobody, at another hour."""
    tokens, browser = make_links(5), Browser()
    for token, form in zip(tokens, [GOOD, LOW, GOOD, LOW, GOOD], strict=True):
        assert browser.post(f"/s/{token}", form).status == 200
    first = Response.objects.order_by("id")[0]
    apps.get_model("people", "Customer").objects.filter(pk=first.customer_id).update(brand='云享, "金"', segment="家庭")
    alone = Response.objects.order_by("id")[1]
    Response.objects.filter(pk=alone.pk).update(
        customer_id=None,
        interaction_id=None,
        served_by=None,
        source="kiosk",
        touchpoint_id=987,
        answered_at=datetime(2026, 11, 20, 15, 59, 59, 999_999, tzinfo=UTC),
    )
    later = Response.objects.order_by("id")[2]
    Response.objects.filter(pk=later.pk).update(answered_at=datetime(2026, 11, 20, 16, 0, tzinfo=UTC))
    return list(Response.objects.order_by("id").values_list("pk", flat=True))


def one_by_one(ids: list[int]) -> list[dict[str, object]]:
    found = []
    known, zone = journey_map(), ZoneInfo(settings.TIME_ZONE)
    for row in Response.objects.filter(pk__in=ids):
        version = versions_by_id({row.survey_version_id})[row.survey_version_id]
        interaction = interaction_cards([row.interaction_id or 0], by=SYSTEM).get(row.interaction_id or 0)
        brand, segment = customer_groups([row.customer_id or 0]).get(row.customer_id or 0, ("", ""))
        touchpoint, roles = known.touchpoint(row.touchpoint_id), version.questionnaire.roles
        for answer in Answer.objects.filter(response_id=row.pk).exclude(value=None):
            question = version.questionnaire.question(answer.question)
            if question is None or question.scale is None:
                continue
            found.append(
                {
                    "response_id": row.pk,
                    "question": answer.question,
                    "dimension": question.dimension or "",
                    "value": answer.value,
                    "top_from": min(roles.top_from, question.scale.high),
                    "is_headline": answer.question == roles.headline,
                    "survey": version.survey,
                    "version": version.number,
                    "purpose": row.purpose,
                    "answered_at": row.answered_at,
                    "day": row.answered_at.astimezone(zone).date(),
                    "unit_id": row.unit_id,
                    "touchpoint": touchpoint.key if touchpoint else "",
                    "scenario": known.scenario_key(row.scenario_id),
                    "moment": interaction.moment if interaction else "",
                    "staff_id": row.served_by,
                    "channel": interaction.channel if interaction else row.source,
                    "brand": brand,
                    "segment": segment,
                    "complaint": interaction.is_complaint if interaction else False,
                    "begged": interaction.is_begged if interaction else False,
                    "overall": row.headline,
                    "low": question.scale.low,
                    "high": question.scale.high,
                    "hour": row.answered_at.astimezone(zone).hour,
                    "outcome": "",
                    "language": row.language,
                    "source": row.source,
                }
            )
    return sorted(found, key=lambda one: (one["response_id"], one["question"]))


def test_every_column_is_what_looking_it_up_gives(received: list[int]) -> None:
    expected = one_by_one(received)
    table = as_table(load_answers(received), ANSWERS)
    found = sorted(table.to_pylist(), key=lambda one: (one["response_id"], one["question"]))
    assert [{key: one[key] for key in expected[0]} for one in found] == expected
    assert len(expected) >= 8
    assert {one["brand"] for one in found} == {"", '云享, "金"'}
    assert {str(one["day"]) for one in found} == {"2026-11-20", "2026-11-21"}
    assert {one["touchpoint"] for one in found} > {""}


def test_nothing_asked_for_is_nothing_found_and_what_is_gone_is_left_out(received: list[int]) -> None:
    assert load_answers([]).num_rows == 0
    assert load_answers([1, 2]).num_rows == 0
    Response.objects.filter(pk=received[0]).delete()  # its answers are still there
    assert set(load_answers(received).column("response_id").to_pylist()) == set(received[1:])
