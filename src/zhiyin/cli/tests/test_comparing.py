"""``zhiyin simulate`` with the record as its source: before and after, nothing touched."""

from datetime import UTC, datetime, timedelta

import pytest

from zhiyin.cli.tests.commands import runner
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import SYSTEM, decisions, make_world, policy_versions

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    return runner(capsys)


LOOSE = "[gap]\nhours = 1\n"
CSV = "external_id,customer,scenario,at\n" + "".join(
    f"e{hour},C1,hotline,2026-11-22T{hour}:00:00+08:00\n" for hour in (10, 12)
)


def test_the_record_is_replayed_before_and_after(run, tmp_path):
    now = datetime.now(UTC)
    make_world(now=now - timedelta(days=3))
    for hour in (3, 7):  # by day in Shanghai, so that each message leaves at once whenever this runs
        at = (now - timedelta(days=2)).replace(hour=hour)
        call = {"source": "t", "external_id": f"c{hour}", "touchpoint": "hotline", "ended_at": at.isoformat()}
        receive([call | {"customer": {"external_id": "C1", "phone": "13900000001"}}], by=SYSTEM, now=at)
    (tmp_path / "loose.toml").write_text(LOOSE, "utf-8")
    before = list(decisions().values_list())
    done = run("simulate", "--record", "30", "--policy", tmp_path / "loose.toml")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("events=2 left_out=0")
    assert lines[-1] == "gained=1 lost=0"
    assert any(line.endswith("\t1\t2") for line in lines)
    assert (list(decisions().values_list()), policy_versions().count()) == (before, 0)


def test_a_file_is_replayed_under_two_policies(run, tmp_path):
    make_world()
    (tmp_path / "events.csv").write_text(CSV, "utf-8")
    (tmp_path / "loose.toml").write_text(LOOSE, "utf-8")
    (tmp_path / "tight.toml").write_text("[gap]\nhours = 48\n", "utf-8")
    done = run(
        *(
            "simulate",
            tmp_path / "events.csv",
            "--policy",
            tmp_path / "loose.toml",
            "--against",
            tmp_path / "tight.toml",
        )
    )
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == "gained=1 lost=0"


@pytest.mark.parametrize("given", [("--record", "30"), ("--against", "x.toml"), ()])
def test_what_is_missing_is_said(run, given):
    done = run("simulate", *given)
    assert done.code == 2
    assert "--policy POLICY" in done.err
