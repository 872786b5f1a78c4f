"""WeChat and WeCom ids in the import, and a legal case that keeps a record."""

import csv
from pathlib import Path

import pytest

from zhiyin.cli.tests.commands import runner
from zhiyin.people.actions import set_flag
from zhiyin.people.identify import find_customer
from zhiyin.people.rules import Flag
from zhiyin.people.testing import NOW, SYSTEM, customers, given, known, make_tree

pytestmark = pytest.mark.django_db
OPENID, WECOM = "oX7-abc_DEF0123456789xyz", "wmAAAA_bbbb-CCCC"


@pytest.fixture(autouse=True)
def _world() -> None:
    make_tree()


@pytest.mark.parametrize("header", [("customer", "wechat", "wecom"), ("客户编号", "微信openid", "企业微信")])
def test_the_import_takes_them_under_their_chinese_names_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, header: tuple[str, ...]
) -> None:
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, ("C1", OPENID, WECOM)])
    done = runner(capsys)("import", "customers", path)
    assert (done.code, "created=1" in done.out) == (0, True)
    assert find_customer("wechat", OPENID) == find_customer("wecom", WECOM) == find_customer("external", "C1")


def test_the_command_line_erases_nobody_in_a_legal_case(capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = known(given("C1"))
    set_flag(one.id, Flag.OPEN_LEGAL_CASE, on=True, reason="诉讼", by=SYSTEM, now=NOW)
    done = runner(capsys)("erase", "C1", "--yes")
    assert (done.code, "C1" in done.err) == (1, True)
    assert customers().get(pk=one.id).erased_at is None
