"""Opened pages: told to the ledger once, in batches behind the page, and counted by the figures that follow it."""

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from zhiyin.ledger.queries import events
from zhiyin.metrics import mirror
from zhiyin.metrics.asking import Asked, answer_to
from zhiyin.metrics.language import Figure
from zhiyin.outreach.testing import SYSTEM, invitation_rows
from zhiyin.people.tree import OrganisationTree
from zhiyin.responses import opened
from zhiyin.responses.testing import GOOD, NOW, Browser, make_links

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone)"
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _own_mirror(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def look(browser: Browser, *tokens: str) -> None:
    for token in tokens:
        assert browser.get(f"/s/{token}", HTTP_USER_AGENT=PHONE).status == 200


def told() -> list[list[int]]:
    """The invitations of each fact, the newest first."""
    return [one.data["ids"] for one in events(kind="responses.links_opened")]


def open_rate() -> Figure:
    asked = Asked("open_rate", since=NOW.date(), until=NOW.date())
    return answer_to(asked, by=SYSTEM, tree=OrganisationTree(), floor=1).whole


def test_a_batch_is_one_fact_and_looking_again_is_none() -> None:
    tokens, browser = make_links(3), Browser()
    look(browser, *tokens[:2])
    first = browser.now
    browser.desk.opened.write()
    look(browser, *tokens[:2])
    browser.desk.opened.write()
    ids = sorted(invitation_rows().exclude(opened_at=None).values_list("pk", flat=True))
    assert (told(), len(ids)) == ([ids], 2)
    (fact,) = events(kind="responses.links_opened")
    assert (fact.at, fact.actor) == (first, "customer")


def test_the_page_itself_writes_nothing() -> None:
    (token,), browser = make_links(1), Browser()
    before = len(events(limit=1000))
    look(browser, token)
    assert len(events(limit=1000)) == before
    assert not invitation_rows().exclude(opened_at=None).exists()


def test_after_the_next_refresh_the_figures_count_it() -> None:
    tokens, browser = make_links(4), Browser()
    mirror.catch_up(now=LATER)
    assert (open_rate().value, open_rate().n) == (0.0, 4)
    look(browser, tokens[0], tokens[1])
    browser.desk.opened.write()
    mirror.catch_up(now=LATER)
    assert (open_rate().value, open_rate().n) == (0.5, 4)
    # An answer without a noted opening was opened, too, and nobody is counted twice.
    assert browser.post(f"/s/{tokens[1]}", GOOD).status == 200
    assert browser.post(f"/s/{tokens[2]}", GOOD).status == 200
    mirror.catch_up(now=LATER)
    assert (open_rate().value, open_rate().n) == (0.75, 4)


def test_where_the_fact_cannot_be_kept_the_opening_waits_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (token,), browser = make_links(1), Browser()
    look(browser, token)

    def away(*_: object, **__: object) -> int:
        raise ConnectionError("the database went away")

    monkeypatch.setattr(opened, "record", away)
    with pytest.raises(ConnectionError):
        browser.desk.opened.write()
    assert not invitation_rows().exclude(opened_at=None).exists()
    monkeypatch.undo()
    assert browser.desk.opened.write() == 1
    assert told() == [list(invitation_rows().exclude(opened_at=None).values_list("pk", flat=True))]
