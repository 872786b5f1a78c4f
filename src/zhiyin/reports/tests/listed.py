"""For tests of numbers that open lists: signing in, and how long a list is, page after page."""

from urllib.parse import parse_qsl, urlsplit

from django.contrib.auth import get_user_model
from django.test import Client

from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff


def signed_in(role: str = "quality_manager", *, unit: str = "HQ") -> tuple[Client, Viewer]:
    by, client = make_staff(role, unit=unit), Client()
    client.force_login(get_user_model().objects.get(pk=by.staff_id or 0))
    return client, by


def listed(client: Client, url: str) -> int:
    """How many rows the list behind an address has, page after page."""
    path, query = urlsplit(url).path, dict(parse_qsl(urlsplit(url).query))
    rows, cursor = 0, ""
    while True:
        page = client.get(path, {**query, "cursor": cursor} if cursor else query)
        assert page.status_code == 200, url
        rows += len(page.context["rows"])
        cursor = str(page.context["next"] or "")
        if not cursor:
            break
    assert page.context.get("total", rows) == rows, url
    return rows
