"""The page of a figure: the catalogue's entry, and for a composite its parts, its weights and another version."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from zhiyin.metrics import composites, mirror
from zhiyin.people.testing import make_staff
from zhiyin.reports.testing import Said, make_service, say

pytestmark = pytest.mark.django_db
SCORES = {"overall": 10, "attitude": 9, "again": 10}


@pytest.fixture
def answered(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    now = timezone.now()
    make_service(now=now - timedelta(days=9))
    say(Said(times=20, at=now - timedelta(days=2), scores=SCORES, moment="first_call"))
    mirror.catch_up(now=now)


def signed_in(role: str) -> Client:
    by, client = make_staff(role, unit="HQ"), Client()
    client.force_login(get_user_model().objects.get(pk=by.staff_id or 0))
    return client


def test_the_entry_of_the_catalogue_stands_on_the_page(answered: None) -> None:
    page = signed_in("quality_manager").get("/measures/clean_top_box/")
    assert page.status_code == 200
    for said in ("not begged", "Wilson", "S0.18", "clean_top_box", "answers"):
        assert said in page.text
    assert page.context["making"] is None


def test_what_cannot_be_measured_is_said_to_be_that(answered: None) -> None:
    assert "不可测" in signed_in("quality_manager").get("/measures/funnel_i1/").text


def test_a_composite_shows_its_parts_and_what_each_weight_does(answered: None) -> None:
    page = signed_in("executive").get("/measures/care_index/")
    making = page.context["making"]
    assert [part.key for part in making.parts] == ["satisfaction_index", "care_score", "nps"]
    assert {one.weight: round(one.now, 2) for one in making.swings} == {
        **{"quality": 0.7, "care": 0.15, "leadership": 0.15}
    }
    quality = next(one for one in making.swings if one.weight == "quality")
    assert quality.lower is not None
    assert quality.higher is not None
    assert quality.lower < (page.context["figure"].value or 0) < quality.higher  # 100 against 90 for care
    assert 'name="formula"' not in page.text  # an executive looks, and changes nothing


def test_another_weight_is_a_version_and_the_figure_follows(answered: None) -> None:
    client = signed_in("quality_manager")
    before = client.get("/measures/care_index/").context["figure"].value
    form = {"formula": composites.built_in()["care_index"].formula, "weight_quality": "0.5", "weight_care": "0,35"}
    assert client.post("/measures/care_index/", form | {"weight_leadership": "0.15"}).status_code == 302
    page = client.get("/measures/care_index/")
    assert page.context["measure"].number == 1
    assert page.context["figure"].value == pytest.approx(before - 0.2 * 10)
    assert [one.number for one in page.context["making"].versions] == [1, 0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"weight_quality": "much"}, "权重 quality 不是数字"),
        ({"formula": "quality * satisfaction_index +"}, "公式第"),
        ({"formula": "quality * happiness"}, "happiness"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(answered: None, changes: dict[str, str], said: str) -> None:
    form = {"formula": composites.built_in()["care_index"].formula, **changes}
    page = signed_in("quality_manager").post("/measures/care_index/", form)
    assert page.status_code == 422
    assert said in page.text
    assert composites.in_force()["care_index"].number == 0


def test_only_who_may_defines(answered: None) -> None:
    assert signed_in("team_lead").post("/measures/care_index/", {}).status_code == 403
    assert signed_in("quality_manager").post("/measures/nps/", {}).status_code == 404
