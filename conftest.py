"""For every test, beside the code and under tests/: a home for its data, and which tests meet which database.

Which database a run uses is decided in tests/settings.py.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from psycopg import sql

from tests import chromium, settings

# How long one example may take says more about what else the machine does than about the code.
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")

# pytest-django has set Django up by now. A process that a test starts is to read the product's own settings.
os.environ.pop("DJANGO_SETTINGS_MODULE", None)

DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "record_url"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the second pass, on another server: tests that touch no database have nothing to add there."""
    parser.addoption("--only-database", action="store_true", help="run only the tests that touch the database")


def pytest_configure() -> None:
    """Make the folder in which everything of this run lives."""
    settings.HOME.mkdir(mode=0o700, exist_ok=True)


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(settings.HOME, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, with the reason; drop what the pass is not about."""
    missing = chromium.why_missing()
    if missing:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=missing))
    if config.getoption("only_database"):
        config.hook.pytest_deselected(items=[item for item in items if not touches_database(item)])
        items[:] = [item for item in items if touches_database(item)]


def touches_database(item: pytest.Item) -> bool:
    """Whether this test reads or writes the record: by its mark, a fixture, or as one of Django's test cases."""
    if item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ())):
        return True
    return hasattr(getattr(item, "cls", None), "databases")


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """Whatever language the test before has asked for last: each begins with the house's."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _nothing_remembered(request: pytest.FixtureRequest) -> None:
    """A published version never changes, so processes remember it by its number; in tests numbers come again."""
    if not touches_database(request.node):
        return
    from zhiyin.lib import lately  # noqa: PLC0415  (Django has to be set up first)
    from zhiyin.outreach import composing  # noqa: PLC0415
    from zhiyin.surveys import queries  # noqa: PLC0415

    lately.forget_all()
    queries._questionnaire.cache_clear()
    queries.spoken_in.cache_clear()
    composing._words.cache_clear()


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Keep the names from tests/settings.py, which already differ between xdist's workers."""


@pytest.fixture
def record_url(tmp_path: Path) -> Iterator[str]:
    """The address of an empty database on this run's engine, for a test that starts processes of its own."""
    if not settings.SERVER:
        yield f"sqlite:///{tmp_path / 'record.sqlite3'}"
        return
    name = f"processes_{uuid4().hex}"
    with psycopg.connect(settings.SERVER, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(settings.SERVER)._replace(path=f"/{name}").geturl()
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def process_environment(record_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment for such processes: that database, and a data folder of their own."""
    return {**os.environ, "ZHIYIN_DATABASE_URL": record_url, "ZHIYIN_DATA_DIR": str(tmp_path / "data")}
