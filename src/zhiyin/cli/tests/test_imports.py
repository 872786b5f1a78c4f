"""``zhiyin import``: every row counted once, safe to run again, with a refusal file for what could not be taken.

The ids are those of the bad-input catalogue, section 3.2.
"""

import csv
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.apps import apps
from django.utils import timezone

from zhiyin.cli.importing import frame
from zhiyin.cli.importing.kinds import Interactions
from zhiyin.cli.tests.commands import Done, runner
from zhiyin.journey.testing import interactions
from zhiyin.ledger import chain
from zhiyin.outreach.testing import decisions, invitation_rows, make_world
from zhiyin.people.actions import opt_out
from zhiyin.people.identify import find_customer
from zhiyin.people.testing import SYSTEM, customers, make_tree, members, units

pytestmark = pytest.mark.django_db
HEADER = ("external_id", "customer", "phone", "touchpoint", "ended_at")
TABLES = (
    *("ledger.Event", "ledger.IntakeKey", "people.Unit", "people.Staff", "people.Customer", "people.Identity"),
    *("journey.Interaction", "outreach.Decision", "outreach.Invitation", "messaging.Message"),
)


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()
    make_tree()


@pytest.fixture
def run(capsys):
    return runner(capsys)


@pytest.fixture
def write(tmp_path):
    """``write([row, …])`` makes a CSV file with the columns of an interaction."""

    def make(rows: list[list[Any]], *, header: tuple[str, ...] = HEADER, name: str = "calls.csv") -> Path:
        path: Path = tmp_path / name
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return make


def ended(minutes: int = 1) -> str:
    return (timezone.now() - timedelta(minutes=minutes)).isoformat()


# The command looks at the clock; whoever is asked must have been served lately. One moment for the whole run, since a
# file is imported twice.
ENDED = (timezone.now() - timedelta(days=1)).isoformat()


def call(number: int, **changes: Any) -> list[Any]:
    row = {
        "external_id": f"call-{number}",
        "customer": f"C{number}",
        "phone": f"138{number:08}",
        "touchpoint": "hotline",
        "ended_at": ENDED,
    }
    return list((row | changes).values())


def totals(done: Done) -> dict[str, int]:
    """The counts of the last line, once they have been seen to add up."""
    found = {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", done.out.splitlines()[-1])}
    assert set(found) == {"created", "updated", "duplicate", "refused", "total"}
    assert found["created"] + found["updated"] + found["duplicate"] + found["refused"] == found["total"]
    return found


def refusals(path: Path) -> list[list[str]]:
    with path.with_name(f"{path.stem}-refused.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def rows() -> dict[str, int]:
    return {name: apps.get_model(name).objects.count() for name in TABLES}


class TestInteractions:
    def test_each_row_is_taken_in_and_decided(self, run, write):
        done = run("import", "interactions", write([call(number) for number in range(5)]))
        assert (done.code, totals(done)["created"]) == (0, 5)
        assert interactions().count() == decisions().count() == invitation_rows().count() == 5
        assert set(interactions().values_list("source", flat=True)) == {"import"}

    def test_i56_the_same_file_again_makes_nothing_new(self, run, write):
        file = write([call(number) for number in range(5)])
        run("import", "interactions", file)
        before = rows()
        done = run("import", "interactions", file)
        assert totals(done) == {"created": 0, "updated": 0, "duplicate": 5, "refused": 0, "total": 5}
        assert rows() == before

    def test_i57_one_id_twice_with_different_content_refuses_both_rows(self, run, write):
        file = write([call(1), call(2), call(1, customer="C9"), call(3)])
        done = run("import", "interactions", file)
        assert (totals(done)["created"], totals(done)["refused"]) == (2, 2)
        assert [(row[0], row[1]) for row in refusals(file)] == [("2", "external_id"), ("4", "external_id")]
        assert sorted(interactions().values_list("external_id", flat=True)) == ["call-2", "call-3"]

    def test_one_id_twice_with_the_same_content_is_one_and_a_duplicate(self, run, write):
        done = run("import", "interactions", write([call(1), call(1)]))
        assert (totals(done)["created"], totals(done)["duplicate"]) == (1, 1)

    def test_i57_also_when_the_two_lie_in_different_chunks(self, run, write, monkeypatch):
        monkeypatch.setattr(frame, "CHUNK", 2)
        file = write([call(1), call(2), call(3), call(1, customer="C9")])
        assert totals(run("import", "interactions", file))["refused"] == 2

    def test_i58_a_known_id_with_other_data_is_refused_and_changes_nothing(self, run, write):
        run("import", "interactions", write([call(1)]))
        before = rows()
        file = write([call(1, touchpoint="hotline", ended_at=ended())], name="again.csv")
        assert totals(run("import", "interactions", file))["refused"] == 1
        ((number, column, _reason, _value),) = refusals(file)
        assert (number, column) == ("2", "ended_at")
        assert rows() == before

    def test_i59_two_ids_with_one_phone_are_one_person_for_fatigue(self, run, write):
        run("import", "interactions", write([call(1), call(2, phone=call(1)[2])]))
        assert customers().count() == 1
        assert sorted(decisions().values_list("reason", flat=True)) == ["", "gap"]

    @pytest.mark.parametrize(("column", "value"), [("unit", "nowhere"), ("staff", "nobody"), ("touchpoint", "moon")])
    def test_i60_what_names_nothing_refuses_its_row(self, run, write, column, value):
        header = HEADER if column in HEADER else (*HEADER, column)
        cells = dict(zip(HEADER, call(1), strict=True)) | {column: value}
        file = write([list(cells.values()), [*call(2), *([""] if column not in HEADER else [])]], header=header)
        done = run("import", "interactions", file)
        assert (totals(done)["created"], totals(done)["refused"]) == (1, 1)
        assert refusals(file)[0][:2] == ["2", column]

    def test_i62_who_opted_out_is_kept_and_not_asked(self, run, write):
        run("import", "customers", write([["C1", "13800138000"]], header=("customer", "phone"), name="people.csv"))
        opt_out(find_customer("external", "C1") or 0, via="test", by=SYSTEM, now=timezone.now())
        done = run("import", "interactions", write([call(1, phone="13800138000", ended_at=ended())]))
        assert totals(done)["created"] == 1
        assert decisions().get().reason == "opted_out"

    def test_i63_an_import_brings_nobody_back_who_opted_out(self, run, write):
        file = write([["C1", "13800138000", "王芳"]], header=("customer", "phone", "name"), name="people.csv")
        run("import", "customers", file)
        opt_out(find_customer("external", "C1") or 0, via="test", by=SYSTEM, now=timezone.now())
        run("import", "customers", file)
        run("import", "customers", write([["C2", "13800138000"]], header=("customer", "phone"), name="more.csv"))
        assert customers().get().opted_out_at is not None

    def test_an_unknown_column_becomes_an_attribute(self, run, write):
        run("import", "interactions", write([[*call(1), "金牌座席"]], header=(*HEADER, "坐席等级")))
        assert interactions().get().attributes == {"坐席等级": "金牌座席"}

    @pytest.mark.parametrize(("word", "complaint"), [("是", True), ("否", False), ("", False)])
    def test_a_complaint_is_read_as_people_write_it(self, run, write, word, complaint):
        run("import", "interactions", write([[*call(1), word]], header=(*HEADER, "投诉")))
        assert interactions().get().is_complaint is complaint

    def test_columns_may_be_named_in_chinese(self, run, write):
        header = ("接触编号", "客户编号", "手机号", "触点", "结束时间")
        assert totals(run("import", "interactions", write([call(1)], header=header)))["created"] == 1

    def test_the_source_of_the_rows_can_be_said(self, run, write):
        file = write([call(1)])
        run("import", "interactions", file, "--source", "crm")
        run("import", "interactions", file, "--source", "cti")
        assert sorted(interactions().values_list("source", flat=True)) == ["crm", "cti"]

    def test_a_workbook_is_read_too(self, run, tmp_path):
        path = tmp_path / "calls.xlsx"
        with xlsxwriter.Workbook(path) as workbook:
            sheet = workbook.add_worksheet()
            for number, row in enumerate([list(HEADER), call(1), call(2)]):
                sheet.write_row(number, 0, row)
        assert totals(run("import", "interactions", path))["created"] == 2

    def test_the_same_row_by_the_api_is_the_same_interaction(self, run, write):
        from zhiyin.outreach.intake import receive  # noqa: PLC0415  (only here)

        body = dict(zip(HEADER, call(1), strict=True))
        customer = {"external_id": body.pop("customer"), "phone": body.pop("phone")}
        receive([{**body, "source": "import", "customer": customer}], by=SYSTEM, now=timezone.now())
        assert totals(run("import", "interactions", write([call(1)])))["duplicate"] == 1


class TestRefusals:
    def test_every_refused_row_has_its_number_column_reason_and_no_more(self, run, write):
        file = write([call(1, phone="1380013800"), call(2), call(3, ended_at="yesterday"), call(4, customer="")])
        done = run("import", "interactions", file)
        assert (totals(done)["created"], totals(done)["refused"]) == (1, 3)
        found = refusals(file)
        assert [(row[0], row[1]) for row in found] == [("2", "phone"), ("4", "ended_at"), ("5", "customer")]
        assert all(row[2] for row in found)
        assert "1380013800" not in str(found)
        assert f"{file.stem}-refused.csv: 3 reasons" in done.err

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
    def test_i47_no_cell_of_the_refusal_file_is_a_formula(self, run, write, start):
        evil = f"{start}cmd|'/c calc'!A1"
        file = write([[*call(1), evil], [evil, "C2", "x", evil, evil, ""]], header=(*HEADER, "=evil()"))
        run("import", "interactions", file)
        for row in refusals(file):
            for cell in row:
                assert not re.match(r"[=+\-@\t\r]", cell), cell

    def test_the_file_goes_where_it_is_asked_for(self, run, write, tmp_path):
        there = tmp_path / "there.csv"
        run("import", "interactions", write([call(1, phone="x")]), "--refused", there)
        assert there.exists()

    def test_a_place_that_cannot_be_written_ends_with_1_and_the_counts(self, run, write, tmp_path):
        done = run("import", "interactions", write([call(1, phone="x")]), "--refused", tmp_path / "no" / "there.csv")
        assert done.code == 1
        assert "refused=1" in done.err

    def test_nothing_refused_makes_no_file(self, run, write, tmp_path):
        run("import", "interactions", write([call(1)]))
        assert not list(tmp_path.glob("*refused*"))

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_reasons_are_in_the_language_of_the_house(self, run, write, settings, language):
        settings.LANGUAGE_CODE = language
        file = write([call(1, customer="")])
        run("import", "interactions", file)
        ((_number, _column, reason, _value),) = refusals(file)
        assert reason.isascii() is (language == "en")


class TestDryRuns:
    def test_i71_checks_every_row_and_writes_nothing(self, run, write):
        rows_given = [call(1), call(2, phone="x"), call(3, touchpoint="moon"), call(1)]
        file = write(rows_given)
        before = rows()
        dry = run("import", "interactions", file, "--dry-run")
        assert dry.code == 0
        assert dry.out.startswith("dry-run ")
        assert rows() == before
        assert totals(dry) == totals(run("import", "interactions", file))

    def test_units_that_build_on_each_other_are_checked_together(self, run, write, monkeypatch):
        monkeypatch.setattr(frame, "CHUNK", 1)
        file = write([["A", "甲", "HQ"], ["A-1", "甲一", "A"]], header=("code", "name", "parent"), name="units.csv")
        before = rows()
        assert totals(run("import", "units", file, "--dry-run"))["created"] == 2
        assert rows() == before


class TestStopping:
    def test_i64_stopped_half_way_the_counts_are_exact_and_the_rest_can_follow(self, run, write, monkeypatch):
        monkeypatch.setattr(frame, "CHUNK", 10)
        file = write([call(number) for number in range(35)])
        taken = Interactions.take
        chunks: list[int] = []

        def stops_at_the_third(self: Any, rows: Any) -> Any:
            chunks.append(len(rows))
            if len(chunks) == 3:
                raise KeyboardInterrupt
            return taken(self, rows)

        with monkeypatch.context() as patched:
            patched.setattr(Interactions, "take", stops_at_the_third)
            done = run("import", "interactions", file)
        assert (done.code, totals(done)["created"]) == (130, 20)
        assert interactions().count() == decisions().count() == 20
        again = totals(run("import", "interactions", file))
        assert (again["created"], again["duplicate"]) == (15, 20)
        assert interactions().count() == decisions().count() == 35


class TestUnits:
    FILE = ("code", "name", "name_en", "kind", "parent")

    def test_created_updated_and_duplicates(self, run, write):
        first = [["A", "甲", "A", "centre", "HQ"], ["A-1", "甲一", "", "team", "A"]]
        assert totals(run("import", "units", write(first, header=self.FILE)))["created"] == 2
        second = [["A", "甲", "A", "centre", "HQ"], ["A-1", "甲壹", "", "team", "A"], ["A-2", "甲二", "", "", "A"]]
        found = totals(run("import", "units", write(second, header=self.FILE)))
        assert (found["created"], found["updated"], found["duplicate"]) == (1, 1, 1)
        assert units().get(code="A-1").name == {"zh-hans": "甲壹", "en": "甲壹"}
        assert units().get(code="A-2").kind == "team"

    def test_what_cannot_stand_in_a_tree_refuses_its_row(self, run, write):
        file = write(
            [["A", "甲", "", "", "nowhere"], ["Z", "根", "", "", ""], ["", "x", "", "", "HQ"]], header=self.FILE
        )
        assert totals(run("import", "units", file))["refused"] == 3

    def test_i57_one_code_twice_with_different_content_refuses_both(self, run, write):
        file = write([["A", "甲", "", "", "HQ"], ["A", "乙", "", "", "HQ"]], header=self.FILE)
        assert totals(run("import", "units", file))["refused"] == 2
        assert not units().filter(code="A").exists()


class TestStaff:
    FILE = ("工号", "姓名", "单元", "角色", "邮箱")

    def test_created_updated_and_duplicates(self, run, write):
        file = write(
            [["A1", "周敏", "N-1", "agent", "zhou@example.com"], ["A2", "刘洋", "N", "", ""]], header=self.FILE
        )
        assert totals(run("import", "staff", file))["created"] == 2
        assert totals(run("import", "staff", file))["duplicate"] == 2
        moved = write([["A1", "周敏", "S-1", "team_lead", ""]], header=self.FILE)
        assert totals(run("import", "staff", moved))["updated"] == 1
        row = members().get(code="A1")
        assert (row.unit.code, row.role, row.email) == ("S-1", "team_lead", "zhou@example.com")
        assert not row.has_usable_password()

    def test_what_makes_no_sense_refuses_its_row(self, run, write):
        file = write(
            [["A1", "周敏", "nowhere", "", ""], ["A2", "刘洋", "N", "boss", ""], ["", "何静", "N", "", ""]],
            header=self.FILE,
        )
        assert totals(run("import", "staff", file))["refused"] == 3
        assert not members().exists()


class TestCustomers:
    FILE = ("customer", "phone", "name", "brand")

    def test_created_updated_and_duplicates(self, run, write):
        file = write([["C1", "13800138000", "王芳", "甲"], ["C2", "", "", ""]], header=self.FILE)
        assert totals(run("import", "customers", file))["created"] == 2
        assert totals(run("import", "customers", file))["duplicate"] == 2
        more = write([["C1", "13900139000", "", ""], ["C2", "", "", "乙"], ["C3", "", "", ""]], header=self.FILE)
        found = totals(run("import", "customers", more))
        assert (found["created"], found["updated"], found["duplicate"]) == (1, 2, 0)

    def test_one_customer_may_have_two_phones_and_not_two_names(self, run, write):
        file = write([["C1", "13800138000", "王芳", ""], ["C1", "13900139000", "王芳", ""]], header=self.FILE)
        assert totals(run("import", "customers", file))["created"] == 1
        torn = write([["C2", "", "王芳", ""], ["C2", "", "李娜", ""]], header=self.FILE)
        assert totals(run("import", "customers", torn))["refused"] == 2


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("empty.csv", b"", "empty.csv: "),
            ("header.csv", ",".join(HEADER).encode(), "header.csv: "),
            ("picture.xlsx", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "picture.xlsx: "),
            ("half.csv", b"external_id,customer\nx,y\n", "touchpoint"),
            ("twice.csv", b"external_id,external_id\nx,y\n", "twice.csv: "),
        ],
    )
    def test_a_file_that_cannot_be_read_ends_with_2_and_names_itself(self, run, tmp_path, name, content, said):
        path = tmp_path / name
        path.write_bytes(content)
        before = rows()
        done = run("import", "interactions", path)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(str(path))
        assert said in done.err
        assert len(done.err.strip().splitlines()) == 1
        assert rows() == before

    def test_a_folder_is_no_file(self, run, tmp_path):
        assert run("import", "interactions", tmp_path).code == 2

    def test_what_was_imported_is_sealed(self, run, write):
        run("import", "interactions", write([call(1)]))
        assert chain.verify().pending == 0
        assert chain.verify().is_sound
