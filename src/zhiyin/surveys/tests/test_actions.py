"""Publishing makes versions that never change; the API shows the one in use."""

import copy
import tomllib
from typing import Any

import pytest
from django.test import Client

from zhiyin.ledger.queries import events
from zhiyin.lib.errors import NotAllowed, NotFound
from zhiyin.people.access import Viewer
from zhiyin.people.api_auth import create_api_key
from zhiyin.surveys.actions import publish_file
from zhiyin.surveys.models import SurveyVersion
from zhiyin.surveys.queries import current_version, current_version_ids, newest_version, surveys, version, versions
from zhiyin.surveys.rules import Faulty
from zhiyin.surveys.testing import NOW, SURVEY, SYSTEM

pytestmark = pytest.mark.django_db
DOCUMENT = tomllib.loads(SURVEY)
NOBODY = Viewer(actor="staff:1", permissions=frozenset())


def changed(**survey: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    document["survey"][0] |= survey
    return document


def test_the_same_again_makes_no_version_and_a_change_makes_the_next() -> None:
    first = publish_file(DOCUMENT, by=SYSTEM, now=NOW)[0]
    again = publish_file(DOCUMENT, by=SYSTEM, now=NOW)[0]
    second = publish_file(changed(name={"zh-hans": "新名", "en": "New"}), by=SYSTEM, now=NOW)[0]
    assert (first.number, first.is_new) == (1, True)
    assert (again.version_id, again.is_new) == (first.version_id, False)
    assert (second.number, second.is_new) == (2, True)
    assert current_version("call").id == second.version_id == current_version_ids()["call"]
    assert [card.number for card in versions("call")] == [2, 1]
    old = version(first.version_id)
    assert old is not None
    assert (old.questionnaire.name["en"], old.is_current) == ("Hotline service", False)
    assert surveys()[0].name["en"] == "New"
    assert [one.data["number"] for one in events(kind="surveys.version_published")] == [2, 1]


def test_with_one_fault_nothing_is_published() -> None:
    document = changed()
    document["survey"].append({"key": "other", "name": {"zh-hans": "别的", "en": "Other"}})
    with pytest.raises(Faulty):
        publish_file(document, by=SYSTEM, now=NOW)
    assert not SurveyVersion.objects.exists()


def test_publishing_needs_the_right() -> None:
    with pytest.raises(NotAllowed):
        publish_file(DOCUMENT, by=NOBODY, now=NOW)


def test_what_is_not_there_is_said() -> None:
    assert (surveys(), newest_version(), version(1)) == ([], None, None)
    with pytest.raises(NotFound):
        current_version("call")


class TestApi:
    @pytest.fixture
    def api(self) -> Client:
        publish_file(DOCUMENT, by=SYSTEM, now=NOW)
        key = create_api_key(name="test", scope="read", by=SYSTEM, now=NOW)
        return Client(headers={"authorization": f"Bearer {key}"})

    def test_the_list(self, api: Client) -> None:
        (item,) = api.get("/api/v1/surveys").json()["items"]
        assert (item["key"], item["version"], item["questions"]) == ("call", 1, 6)
        assert api.get("/api/v1/surveys?cursor=call").json() == {"items": [], "next": None}

    def test_one_with_questions_and_scale_ends(self, api: Client) -> None:
        found = api.get("/api/v1/surveys/call").json()
        overall = found["questions"][0]
        assert (overall["key"], overall["field"], overall["required"]) == ("overall", "q_overall", True)
        assert (overall["scale"]["low"], overall["scale"]["high_label"]["en"]) == (0, "Excellent")
        assert [one["field"] for one in found["questions"][6:]] == ["q_reasons", "q_comment", "q_call_me"]
        assert (found["headline"], found["top_from"], found["low_to"]) == ("overall", 10, 6)

    @pytest.mark.parametrize(
        ("path", "status"), [("surveys/none", 404), ("surveys?x=1", 400), ("surveys/call?x=1", 400)]
    )
    def test_what_is_not_there(self, api: Client, path: str, status: int) -> None:
        assert api.get(f"/api/v1/{path}").status_code == status

    def test_without_a_key(self) -> None:
        assert Client().get("/api/v1/surveys").status_code == 401
