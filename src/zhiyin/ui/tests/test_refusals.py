"""A rule that says no becomes a page with its status, and never a fault of the program."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from zhiyin.lib.errors import NotAllowed, NotFound, Refused

REFUSALS = {
    "role": NotAllowed("secret of the role"),
    "row": NotFound("secret of the row"),
    "rule": Refused("Somebody was quicker.", next_step="Look again."),
    "fault": ValueError("a fault"),
}


def refuse(request: HttpRequest, which: str) -> HttpResponse:
    raise REFUSALS[which]


urlpatterns = [path("ui/refuse/<slug:which>/", refuse)]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("which", "status"), [("role", 403), ("row", 404), ("rule", 409)])
def test_a_refusal_is_a_page_of_its_own_status(client: Client, which, status):
    assert client.get(f"/ui/refuse/{which}/").status_code == status


@pytest.mark.urls(__name__)
def test_a_rule_says_its_sentence_and_the_way_out(client: Client):
    page = client.get("/ui/refuse/rule/").content.decode()
    assert "Somebody was quicker." in page
    assert "Look again." in page


@pytest.mark.urls(__name__)
def test_what_is_not_there_looks_the_same_whatever_the_reason(client: Client):
    assert "secret" not in client.get("/ui/refuse/row/").content.decode()


@pytest.mark.urls(__name__)
def test_a_fault_stays_a_fault(client: Client):
    with pytest.raises(ValueError, match="a fault"):
        client.get("/ui/refuse/fault/")
