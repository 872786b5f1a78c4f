"""The engine is away, or the mirror cannot be read: each screen and the API say so, with a code and what to do."""

import logging
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from zhiyin.metrics import mirror
from zhiyin.outreach.testing import SYSTEM
from zhiyin.people.api_auth import create_api_key
from zhiyin.reports.explorer.keeping import audience_of, make_dashboard, pin, save_view, tiles
from zhiyin.reports.testing import Said, make_service, say
from zhiyin.reports.tests.listed import signed_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SCREENS = (
    *("/overview/", "/journeys/", "/journeys/waiting/", "/explorer/", "/explorer/?rows=week", "/overview/grid/"),
    *("/compare/", "/agents/", "/outreach/", "/measures/top_box/", "/measures/top_box/sureness/"),
)


@pytest.fixture(autouse=True)
def _service(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    make_service(now=NOW - timedelta(days=9))
    say(Said(times=31, at=NOW - timedelta(days=2), scores={"overall": 10, "again": 9}, moment="waiting"))
    mirror.catch_up(now=NOW)


def nobody_listens(settings: Settings) -> None:
    settings.ANALYTICS_URL = "clickhouse://127.0.0.1:1?mirror=/mirror"


def the_manifest_cannot_be_read(settings: Settings) -> None:
    manifest = mirror.folder() / "manifest.json"
    manifest.unlink()
    manifest.mkdir()


def the_folder_is_none(settings: Settings) -> None:
    shutil.rmtree(mirror.folder())
    mirror.folder().write_text("no folder")


def files_are_no_longer_whole(settings: Settings) -> None:
    for file in mirror.folder().glob("*.parquet"):
        file.write_bytes(b"torn" * 64)


def files_are_gone(settings: Settings) -> None:
    for file in mirror.folder().glob("*.parquet"):
        file.unlink()


FAULTS = [
    (nobody_listens, "engine_away", "60"),
    (the_manifest_cannot_be_read, "mirror_unreadable", "60"),
    (the_folder_is_none, "mirror_unreadable", "60"),
    (files_are_no_longer_whole, "mirror_unreadable", "60"),
    (files_are_gone, "mirror_unreadable", "60"),
]
each_fault = pytest.mark.parametrize(("fault", "code", "after"), FAULTS)
Fault = Callable[[Settings], None]


@each_fault
def test_every_screen_of_figures_says_so(fault: Fault, code: str, after: str, settings: Settings) -> None:
    client, _by = signed_in()
    fault(settings)
    for screen in SCREENS:
        page = client.get(screen)
        assert (page.status_code, page.headers.get("Retry-After")) == (503, after), screen
        assert "暂时看不到指标" in page.text
        assert re.search(rf'class="z-code">\S+ {code}<', page.text)
        assert 'id="main"' in page.text  # the console stays around it
        assert "再试一次" in page.text
        assert "/cases/" in page.text
    assert client.get("/cases/").status_code == 200


@each_fault
def test_the_api_says_so_and_when_to_ask_again(fault: Fault, code: str, after: str, settings: Settings) -> None:
    key = create_api_key(name="b", scope="read", by=SYSTEM, now=NOW)
    client = Client(headers={"authorization": f"Bearer {key}", "accept-language": "en"})
    fault(settings)
    for query in ("", "?by=touchpoint", "?cluster=staff"):
        answer = client.get(f"/api/v1/measures/top_box{query}")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, after)
        body = answer.json()
        assert (body["code"], body["status"]) == (code, 503)
        assert body["detail"].startswith("Figures are not available")
        assert "database" not in body["title"]
    assert client.get("/api/v1/measures").status_code == 200  # what figures mean needs none of them


def test_what_the_record_counts_itself_stands(settings: Settings) -> None:
    client, _by = signed_in()
    nobody_listens(settings)
    for screen in ("/funnel/", "/cases/", "/customers/"):
        assert client.get(screen).status_code == 200, screen


def test_a_part_of_a_page_is_told_by_one_toast(settings: Settings) -> None:
    client, _by = signed_in()
    nobody_listens(settings)
    part = client.get("/explorer/?rows=day", headers={"HX-Request": "true"})
    assert part.status_code == 503
    assert "<html" not in part.text
    assert '"zhiyin:toast"' in part.headers["HX-Trigger"]
    assert part.headers["HX-Trigger"].isascii()


def test_a_tile_says_so_and_the_dashboard_stands(settings: Settings) -> None:
    client, by = signed_in()
    everybody = audience_of("", "", by=by)
    view = save_view(name="周走势", query="measure=top_box&rows=week", audience=everybody, by=by, now=NOW)
    board = make_dashboard(name="晨会", audience=everybody, by=by, now=NOW)
    pin(dashboard_id=board, view_id=view, by=by, now=NOW)
    (card,) = tiles(board, by=by)
    nobody_listens(settings)
    assert client.get(f"/explorer/dashboards/{board}/").status_code == 200
    tile = client.get(f"/explorer/dashboards/{board}/tiles/{card.id}/")
    assert tile.status_code == 200
    assert "负责计算的引擎没有响应" in tile.text
    assert "engine_away" in tile.text


def test_what_broke_stands_in_the_log(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    client, _by = signed_in()
    files_are_gone(settings)
    with caplog.at_level(logging.ERROR, "zhiyin.metrics"):
        client.get("/overview/")
    assert any("parquet" in record.getMessage() for record in caplog.records)


def test_the_figures_are_back_when_the_mirror_is_built_anew(settings: Settings) -> None:
    client, _by = signed_in()
    the_manifest_cannot_be_read(settings)
    assert client.get("/overview/").status_code == 503
    shutil.rmtree(mirror.folder())
    mirror.catch_up(now=NOW)
    assert "n = 31" in client.get("/overview/").text
