"""Somebody is erased: the figures stay, the mirror reads their rows anew, and one built anew has the same bytes."""

from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.apps import apps
from pytest_django.fixtures import Settings

from zhiyin.metrics import mirror
from zhiyin.metrics.engine import ask
from zhiyin.metrics.language import Question
from zhiyin.outreach.testing import NOW, SYSTEM
from zhiyin.people.consenting import erase
from zhiyin.responses.models import Response
from zhiyin.responses.testing import GOOD, Browser, make_links

pytestmark = pytest.mark.django_db
MEASURES = ("responses", "top_box", "response_rate", "invitation_rate")


def totals() -> list[tuple[int, dict[str, float]]]:
    figures = [ask(Question(measure=key, units=None), floor=1).whole for key in MEASURES]
    return [(one.n, dict(one.sums)) for one in figures]


def files() -> dict[str, list[str]]:
    """Table → what its files hold, by their bytes."""
    return {
        name: [sha256((mirror.folder() / part.file).read_bytes()).hexdigest() for part in parts]
        for name, parts in mirror.manifest().tables.items()
        if parts
    }


def everything() -> str:
    return repr([pq.read_table(path).to_pylist() for path in mirror.folder().rglob("*.parquet")])


def test_figures_stay_and_nothing_in_any_file_leads_to_who_was_erased(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    browser = Browser()
    for token in make_links(6):
        assert browser.post(f"/s/{token}", GOOD).status == 200
    customer = Response.objects.order_by("id").values_list("customer_id", flat=True)[0]
    people = apps.get_model("people", "Customer").objects.filter(pk=customer)
    people.update(segment="only-this-person")
    mirror.catch_up(now=NOW)
    before = totals()
    assert "only-this-person" in everything()
    people.update(segment="")  # what the record no longer says
    erase(customer or 0, by=SYSTEM, now=NOW)
    mirror.catch_up(now=NOW)
    mirror.refresh(now=NOW)  # files live one manifest longer
    assert "only-this-person" not in everything()
    assert str(customer) not in everything()
    assert totals() == before
    mirror.settle(now=NOW)
    live = files()
    assert {"answers", "answers_whole", "interactions", "invitations"} <= set(live)
    mirror.forget()
    mirror.catch_up(now=NOW)
    mirror.settle(now=NOW)
    assert files() == live
