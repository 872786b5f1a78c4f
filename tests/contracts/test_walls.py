"""The walls between rooms hold (import contracts in pyproject.toml), and each contract catches what it is meant for."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
DOWNHILL, PURE, THROUGH_QUERIES, OWN_TABLES = (contract["name"] for contract in CONTRACTS)
ROOM_FILES = ("models", "rules", "actions", "queries", "views", "api")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the package in ``folder`` (the folder one stands in comes first on the path)."""
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True)


def rooms() -> list[str]:
    """Every room that has a place, built or planned."""
    return [room.strip(" ()") for layer in CONTRACTS[0]["layers"] for room in layer.split("|")]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house with every room, and nothing in them. Its pyproject.toml has our contracts, word for word."""
    whole = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    start = whole.index("[tool.importlinter]")
    end = whole.index("\n[tool.", start + 1)
    (tmp_path / "pyproject.toml").write_text(whole[start:end], encoding="utf-8")
    for room in rooms():
        (tmp_path / "zhiyin" / room).mkdir(parents=True)
        for name in ("__init__", *ROOM_FILES):
            (tmp_path / "zhiyin" / room / f"{name}.py").touch()
    (tmp_path / "zhiyin" / "__init__.py").touch()
    return tmp_path


def plant(house: Path, path: str, line: str) -> None:
    """Write one import where it does not belong."""
    file = house / "zhiyin" / path
    file.parent.mkdir(exist_ok=True)
    for package in (file.parent, file.parent.parent):
        (package / "__init__.py").touch()
    file.write_text(f"{line}\n", encoding="utf-8")


def test_our_house_keeps_its_walls():
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_house_without_faults_is_clean(house):
    done = lint(house)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


@pytest.mark.parametrize(
    ("contract", "path", "line"),
    [
        pytest.param(DOWNHILL, "people/actions.py", "import zhiyin.cases.queries", id="a lower room asks an upper one"),
        pytest.param(DOWNHILL, "metrics/actions.py", "import zhiyin.messaging.api", id="neighbours of one layer"),
        pytest.param(DOWNHILL, "ui/views.py", "from zhiyin.people import queries", id="the frame knows the people"),
        pytest.param(PURE, "cases/rules.py", "from django.db import models", id="Django in rules"),
        pytest.param(PURE, "lib/engine.py", "import duckdb", id="an engine in lib"),
        pytest.param(PURE, "outreach/rules.py", "from zhiyin.outreach import queries", id="rules that fetch"),
        pytest.param(THROUGH_QUERIES, "cases/views.py", "from zhiyin.cases.models import Case", id="a view and models"),
        pytest.param(THROUGH_QUERIES, "reports/api.py", "import duckdb", id="an API and the engine"),
        pytest.param(OWN_TABLES, "cases/actions.py", "from zhiyin.people import models", id="a neighbour's tables"),
        pytest.param(OWN_TABLES, "loop.py", "import zhiyin.cases.models", id="the loop and a room's tables"),
    ],
)
def test_a_planted_fault_breaks_the_contract_meant_for_it(house, contract, path, line):
    if (house / "zhiyin" / path.removesuffix(".py")).is_dir():
        path = path.removesuffix(".py") + "/__init__.py"
    plant(house, path, line)
    done = lint(house)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout


def test_splitting_a_file_into_a_package_opens_no_gap(house):
    for name, line in (("rules", "import django"), ("views", "import zhiyin.cases.models")):
        (house / "zhiyin" / "cases" / f"{name}.py").unlink()
        plant(house, f"cases/{name}/part.py", line)
    done = lint(house)
    assert f"{PURE} BROKEN" in done.stdout
    assert f"{THROUGH_QUERIES} BROKEN" in done.stdout


def test_a_purity_that_is_lost_further_down_is_seen(house):
    plant(house, "lib/fetching.py", "import httpx")
    plant(house, "cases/rules.py", "import zhiyin.lib.fetching")
    assert "zhiyin.cases.rules -> zhiyin.lib.fetching" in lint(house).stdout


def test_a_new_room_must_be_given_its_place(house):
    plant(house, "billing/actions.py", "")
    done = lint(house)
    assert done.returncode == 1
    assert "zhiyin.billing" in done.stdout
