from types import SimpleNamespace

import pytest
from django.test import RequestFactory
from django.utils import translation

from zhiyin.people.roles import Role
from zhiyin.ui import nav, supplies

pytestmark = pytest.mark.urls("zhiyin.ui.tests.urls")


@pytest.fixture(autouse=True)
def nothing_lent(monkeypatch):
    monkeypatch.setattr(supplies, "_SUPPLIES", {})


def request_of(role: str, path: str = "/"):
    request = RequestFactory().get(path)
    vars(request).update(user=SimpleNamespace(role=role, is_authenticated=True))
    return request


def keys(role: str) -> list[str]:
    return [item.key for group in nav.groups(request_of(role)) for item in group.items]


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (Role.AGENT, ["cases"]),
        (Role.TEAM_LEAD, ["overview", "cases"]),
        (Role.QUALITY_MANAGER, ["overview", "outreach", "cases"]),
        (Role.TOUCHPOINT_OWNER, ["overview", "outreach", "cases"]),
        (Role.EXECUTIVE, ["overview", "outreach"]),
        (Role.AUDITOR, ["outreach"]),
        (Role.ADMINISTRATOR, ["outreach", "settings"]),
        ("", []),
    ],
)
def test_a_role_sees_what_it_may_open_and_what_is_built(role, shown):
    assert keys(role) == shown


def test_every_role_is_in_the_list_and_every_role_in_the_list_exists():
    named = {role for item in nav.ITEMS for role in item.roles}
    assert named == set(Role.values)
    assert set(Role.values) == nav.EVERYBODY


def test_groups_with_nothing_in_them_are_left_out():
    with translation.override("en"):
        assert [group.label for group in nav.groups(request_of(Role.EXECUTIVE))] == ["top", "Listen to customers"]


@pytest.mark.parametrize(
    ("path", "active"), [("/cases/GD-1/", "cases"), ("/cases/", "cases"), ("/casework/", ""), ("/", "")]
)
def test_an_object_stands_under_its_room(path, active):
    items = [item for group in nav.groups(request_of(Role.AGENT, path)) for item in group.items]
    assert [item.key for item in items if item.active] == [active] * bool(active)


def test_the_phone_bar_marks_the_nearest_item():
    bar = nav.phone(request_of(Role.AGENT, "/cases/callbacks/"))
    assert [item.key for item in bar] == ["cases", "callbacks", "me"]
    assert [item.key for item in bar if item.active] == ["callbacks"]


def test_the_pages_of_the_settings_are_tabs_for_who_may_open_them():
    (tab,) = nav.settings_tabs(request_of(Role.ADMINISTRATOR, "/settings/users/"))
    assert (tab.url, tab.is_active) == ("/settings/users/", True)
    assert not nav.settings_tabs(request_of(Role.ADMINISTRATOR))[0].is_active
    assert nav.settings_tabs(request_of(Role.AUDITOR)) == []


def test_rooms_lend_counts_and_nothing_waiting_is_no_badge():
    supplies.supply("badge:cases")(lambda request: 12)
    supplies.supply("badge:overview")(lambda request: 0)
    items = {item.key: item for group in nav.groups(request_of(Role.TEAM_LEAD)) for item in group.items}
    assert items["cases"].badge == 12
    assert items["overview"].badge is None


def test_two_rooms_cannot_lend_the_same():
    supplies.supply("organisation")(lambda request: "Yunqiao")
    with pytest.raises(ValueError, match="'organisation' is already supplied"):
        supplies.supply("organisation")(lambda request: "another")


def test_a_lent_text_may_be_missing():
    assert supplies.text("organisation", request_of(Role.AGENT)) == ""


def test_no_two_screens_share_an_icon() -> None:
    icons = [item.icon for item in nav.ITEMS]
    assert sorted(icons) == sorted(set(icons))
