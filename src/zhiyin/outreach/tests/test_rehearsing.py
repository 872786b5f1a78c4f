"""The rehearsal on the record and on files: what it says is what the engine would do, and it writes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile

from zhiyin.ledger.ids import new_id
from zhiyin.lib.errors import Refused
from zhiyin.messaging.testing import messages
from zhiyin.outreach import past, rehearsing
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.intake import receive
from zhiyin.outreach.models import Decision, Invitation
from zhiyin.outreach.rules import DEFAULT, DEFAULT_AT_ONCE, Policy, parse_policy, to_toml
from zhiyin.outreach.simulate.columns import ColumnMissing
from zhiyin.outreach.simulate.faults import EventsInvalid
from zhiyin.outreach.simulate.rehearsal import rehearse
from zhiyin.outreach.testing import NOW, SYSTEM, make_world
from zhiyin.outreach.tests.test_monitor import call
from zhiyin.outreach.tests.test_views import signed_in, url
from zhiyin.people.actions import StaffGiven, put_staff
from zhiyin.people.correcting import merge_customers
from zhiyin.people.identify import find_customer
from zhiyin.people.testing import make_staff, make_tree

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOW + 10 * DAY
LOOSE = to_toml(DEFAULT).replace("hours = 24", "hours = 1").replace("max = 2", "max = 9")
CSV = """external_id,customer,scenario,at
e1,C1000001,hotline,2026-11-01T10:00:00+08:00
e2,C1000001,hotline,2026-11-01T12:00:00+08:00
e3,C1000002,hotline,2026-11-01T10:00:00+08:00
"""


@pytest.fixture(autouse=True)
def _data(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def happened() -> None:
    """Three customers, each every six hours for two days; one more without a number."""
    make_world()
    make_tree()
    for code in ("A1", "A2"):
        put_staff(StaffGiven(name=code, unit="N-1", code=code), by=SYSTEM, now=NOW)
    for step in range(8):
        at = NOW + step * 6 * HOUR
        units = ("N-1", "N-1", "S-1")
        served: list[dict[str, str]] = [{"staff": "A1"}, {"staff": "A2"}, {}]
        items = [
            call(one, external_id=f"e{one}-{step}", unit=units[one], ended_at=at.isoformat(), **served[one])
            for one in range(3)
        ]
        items.append(call(9, external_id=f"none-{step}", customer={"external_id": "K9"}, ended_at=at.isoformat()))
        receive(items, by=SYSTEM, now=at)


def every_row() -> dict[str, list[tuple[object, ...]]]:
    """All that stands in any table, but when a session was last seen."""
    models = [one for one in apps.get_models() if one._meta.managed and one._meta.label != "sessions.Session"]
    return {one._meta.label: list(one._default_manager.order_by("pk").values_list()) for one in models}


def record(*, by=SYSTEM, days: int = 30, policies: tuple[Policy, ...] = (DEFAULT,), most: int = past.MOST) -> past.Past:
    return past.from_record(days=days, policies=policies, by=by, now=LATER, most=most)


PER_ANSWER = parse_policy(
    '[[limit]]\nper = "customer"\nmax = 1\ndays = 90\ncounts = ["completion"]\n[gap]\noff = true\n'
)


def reasons_of(found: past.Past, policy: Policy) -> list[str]:
    replay = rehearse(found.columns, replace(policy, sending_hours=None), tz=SHANGHAI)
    return [replay.reasons[verdict + 1] for verdict in replay.verdicts]


@pytest.mark.usefixtures("happened")
class TestTheRecord:
    def test_replayed_under_the_policy_of_the_day_it_decides_as_it_was_decided(self):
        found = record()
        replay = rehearse(found.columns, DEFAULT_AT_ONCE, tz=SHANGHAI)
        told = [replay.reasons[verdict + 1] for verdict in replay.verdicts]
        # Online what is queued counts as if it went now; nothing has left here, so the first one blocks all others.
        invited = Decision.objects.filter(invited=True).count()
        assert told[:3] == ["", "", ""]
        assert invited == 3
        assert len(told) == 24
        assert found.left_out == 8

    def test_columns_hold_what_the_rows_say(self):
        found = record()
        rows = list(Decision.objects.exclude(reason="no_address").order_by("pk"))
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        assert found.columns.at.tolist() == [(row.at - epoch) // timedelta(microseconds=1) for row in rows]
        assert found.people is not None
        assert found.people[found.columns.customer].tolist() == [row.customer_id for row in rows]
        assert found.keys["touchpoint"]() == ["hotline"]
        units = found.columns.unit
        assert units is not None
        assert [found.keys["unit"]()[code] for code in units[:3]] == ["N-1", "N-1", "S-1"]
        assert found.columns.unit_paths is not None
        assert ("N-1", "N", "HQ") in found.columns.unit_paths()

    def test_a_branch_rehearses_its_own(self):
        north = make_staff("quality_manager", unit="N")
        assert len(record(by=north).columns) == 16
        assert record(by=north).left_out == 0

    def test_people_who_were_merged_are_one(self):
        one, other = (find_customer("external", f"K{number:05}") for number in (0, 1))
        assert one
        assert other
        merge_customers(one, other, because="同一个人", by=SYSTEM, now=LATER)
        assert record().columns.customers == 2

    def test_only_the_newest_are_taken_and_it_is_said(self):
        cut = record(most=5)
        assert cut.is_cut
        assert cut.columns.at.tolist() == record().columns.at.tolist()[-5:]
        assert not record(most=24).is_cut

    def test_a_looser_policy_asks_more_and_the_figures_add_up(self):
        after = parse_policy(LOOSE)
        outcome = rehearsing.rehearse_both(record(), before=DEFAULT, after=after, by=SYSTEM, now=LATER, tz=SHANGHAI)
        sent = {pair.label: pair for pair in outcome.headline}["下发消息"]
        assert sent.after > sent.before
        assert outcome.gained - outcome.lost == sent.change
        for name in ("before", "after"):
            held = sum(getattr(pair, name) for pair in outcome.reasons)
            assert getattr(sent, name) + held == outcome.events == 24
            assert sum(getattr(cell, name) for cell in outcome.cells) == getattr(sent, name)
        assert sum(pair.before for pair in outcome.times) == 3
        assert [one.name for one in outcome.most_asked] == ["139****0000", "139****0001", "139****0002"]

    def test_answers_are_expected_at_the_rate_seen_and_withheld_below_thirty(self):
        outcome = rehearsing.rehearse_both(record(), before=DEFAULT, after=DEFAULT, by=SYSTEM, now=LATER, tz=SHANGHAI)
        assert [cell.rate for cell in outcome.cells] == [None]
        items = [call(number, ended_at=LATER.isoformat()) for number in range(100, 140)]
        receive(items, by=SYSTEM, now=LATER)
        Invitation.objects.filter(created_at=LATER).update(state="sent", sent_at=LATER, dies_at=LATER + 8 * HOUR)
        ten = Invitation.objects.filter(created_at=LATER).order_by("pk").values("pk")[:10]
        Invitation.objects.filter(pk__in=ten).update(state="answered", answered_at=LATER)
        (cell,) = rehearsing.rehearse_both(
            record(), before=DEFAULT, after=DEFAULT, by=SYSTEM, now=LATER, tz=SHANGHAI
        ).cells
        assert cell.rate is not None
        assert (cell.rate.value, cell.rate.n) == (0.25, 40)
        assert cell.answers_after == cell.after * 0.25
        assert cell.half_after is not None
        assert 0.1 < cell.half_after < 0.5

    def test_where_too_few_were_sent_the_rate_of_all_is_borrowed_and_it_is_said(self, monkeypatch):
        monkeypatch.setattr(rehearsing, "_seen", lambda *_cut, **_who: {"hotline": (1, 29), "bill": (30, 71)})
        (cell,) = rehearsing.rehearse_both(
            record(), before=DEFAULT, after=DEFAULT, by=SYSTEM, now=LATER, tz=SHANGHAI
        ).cells
        assert cell.is_borrowed
        assert cell.rate is not None
        assert (cell.rate.value, cell.rate.n) == (0.31, 100)

    def test_policies_that_choose_by_unit_brand_or_sample_are_rehearsed(self):
        excluding = parse_policy('[exclude]\nunits = ["N"]\nbrands = ["test"]\n[sampling]\nshare = 0.5')
        found = record(policies=(excluding,))
        replay = rehearse(found.columns, excluding, tz=SHANGHAI)
        told = [replay.reasons[verdict + 1] for verdict in replay.verdicts]
        assert told.count("excluded") == 16

    def test_limits_per_member_of_staff_are_rehearsed(self):
        per_staff = parse_policy('[[limit]]\nper = "staff"\nmax = 1\ndays = 30\n[gap]\noff = true\n')
        found = record(policies=(per_staff,))
        replay = rehearse(found.columns, per_staff, tz=SHANGHAI)
        told = [replay.reasons[verdict + 1] for verdict in replay.verdicts]
        assert found.columns.staff is not None
        assert found.columns.staff.tolist() == [0, 1, -1] * 8
        assert told[:3] == ["", "", ""]
        assert [told.count(reason) for reason in ("staff_limit", "")] == [14, 10], (
            "whom nobody served is never held back"
        )

    def test_what_was_told_too_late_stands_at_the_time_it_happened(self):
        """A hundred days of another system's history, imported today: nobody was asked, and it can be rehearsed."""
        days = [LATER - number * DAY for number in range(100)]
        items = [call(500, external_id=f"late-{at.date()}", ended_at=at.isoformat()) for at in days]
        receive(items, by=SYSTEM, now=LATER)
        assert Decision.objects.filter(reason="too_old").count() == 96
        found = record(days=90)
        replay = rehearse(found.columns, DEFAULT_AT_ONCE, tz=SHANGHAI)
        told = [replay.reasons[verdict + 1] for verdict in replay.verdicts]
        assert len(told) == 24 + 91
        assert (found.left_out, found.long_ago) == (8, 9), "what happened before the days that were chosen"
        assert told[24:].count("") == 3, "two of a scenario in 90 days, and when the first is exactly that old a third"
        assert "too_old" not in told

    def test_answers_count_where_a_policy_counts_them(self):
        messages().update(state="sent", sent_at=NOW)
        Invitation.objects.update(state="answered", answered_at=NOW + HOUR)
        found = record(policies=(PER_ANSWER,))
        assert found.counted == 3, "three answers; the surveys that brought them are replayed themselves"
        told = reasons_of(found, PER_ANSWER)
        assert (told.count(""), told.count("customer_limit"), told.count("completion")) == (3, 21, 3)
        outcome = rehearsing.rehearse_both(found, before=DEFAULT, after=PER_ANSWER, by=SYSTEM, now=LATER, tz=SHANGHAI)
        assert outcome.events == 24, "an answer asks for nothing"
        assert sum(pair.before for pair in outcome.times) == 3

    def test_what_was_sent_before_the_days_that_are_replayed_counts(self):
        messages().update(state="sent", sent_at=NOW)
        found = record(days=9)
        assert found.counted == 3
        told = reasons_of(found, DEFAULT_AT_ONCE)
        assert told[:6] == ["gap"] * 3 + [""] * 3, "exactly 24 hours after it, then six more"

    def test_a_reminder_counts_as_it_happened(self):
        messages().update(state="sent", sent_at=NOW)
        assert reasons_of(record(), DEFAULT_AT_ONCE)[15] == "", "the sixth about the first customer"
        row = messages().order_by("pk")[0]
        row.pk, row.category, row.sent_at = new_id(now=LATER), "reminder", NOW + 29 * HOUR
        row.save(force_insert=True)
        found = record()
        assert found.counted == 1
        assert reasons_of(found, DEFAULT_AT_ONCE)[15:18] == ["scenario_limit", "", ""], "it is the second"

    def test_of_others_only_a_policy_over_groups_counts_what_they_were_sent(self):
        receive([call(700, unit="N-1", ended_at=NOW.isoformat())], by=SYSTEM, now=NOW)
        messages().update(state="sent", sent_at=NOW)
        per_unit = parse_policy('[[limit]]\nper = "unit"\nmax = 1\ndays = 30\n')
        assert [record(days=9, policies=(one,)).counted for one in (DEFAULT, per_unit)] == [3, 4]
        outcome = rehearsing.rehearse_both(
            record(days=9, policies=(per_unit,)), before=DEFAULT, after=per_unit, by=SYSTEM, now=LATER, tz=SHANGHAI
        )
        assert sum(pair.after for pair in outcome.times) == 3, "the fourth had nothing to be asked about in these days"

    def test_there_may_be_more_than_is_counted_and_it_is_said(self):
        messages().update(state="sent", sent_at=NOW)
        assert record(days=9, most=2).counted_since == NOW
        assert record(days=9).counted_since is None

    def test_people_whom_a_policy_would_newly_let_be_asked_are_named_as_missing(self):
        Decision.objects.filter(reason="no_address").update(reason="under_14")
        children = parse_policy("[exclude]\nunder_14 = false\n")
        assert [record(policies=(DEFAULT, one)).flagged for one in (DEFAULT, children)] == [0, 8]
        page = signed_in(language="en").post(url("rehearsal"), {"toml": "[exclude]\nunder_14 = false\n", "days": "180"})
        assert "the 8 interactions of such people are not replayed" in page.text

    def test_what_a_file_does_not_tell_is_said(self):
        per_staff = parse_policy('[[limit]]\nper = "staff"\nmax = 1\ndays = 1')
        events = past.from_file(CSV.encode())
        with pytest.raises(ColumnMissing):
            rehearsing.rehearse_both(events, before=DEFAULT, after=per_staff, by=SYSTEM, now=LATER, tz=SHANGHAI)

    def test_nothing_is_touched(self):
        client = signed_in()
        assert client.get(url("rehearsal")).status_code == 200
        before = every_row()
        per_group = LOOSE + '\n[[gap]]\nper = "customer"\nhours = 1\n[[gap]]\nper = "unit"\nminutes = 30\n'
        for policy in (LOOSE, per_group.replace("[gap]\nhours = 1\n", "")):
            assert client.post(url("rehearsal"), {"toml": policy, "days": "180"}).status_code == 200
        rehearsing.rehearse_both(record(), before=DEFAULT, after=parse_policy(LOOSE), by=SYSTEM, now=LATER, tz=SHANGHAI)
        assert every_row() == before

    def test_negative_control_putting_it_in_force_would_have_been_noticed(self):
        before = every_row()
        apply_policy(LOOSE, by=SYSTEM, now=LATER)
        assert {name for name, rows in every_row().items() if rows != before[name]} >= {
            *("outreach.PolicyVersion", "ledger.Event"),
        }


class TestAFile:
    def test_of_events_is_replayed(self):
        make_world()
        found = past.from_file(CSV.encode())
        outcome = rehearsing.rehearse_both(
            found, before=DEFAULT, after=parse_policy(LOOSE), by=SYSTEM, now=LATER, tz=SHANGHAI
        )
        sent = outcome.headline[0]
        assert (outcome.events, sent.before, sent.after) == (3, 2, 3)
        assert outcome.cells_by == "scenario"
        assert [cell.name for cell in outcome.cells] == ["热线"]
        assert [(one.name, one.times) for one in outcome.most_asked] == [("C1***01", 2), ("C1***02", 1)]

    def test_that_is_too_long_is_cut_to_the_newest(self):
        found = past.from_file(CSV.encode(), most=1)
        assert found.is_cut
        assert len(found.columns) == 1
        assert found.columns.external_id is not None
        assert found.columns.external_id(0) == "e2"

    def test_that_is_too_large_is_refused(self, monkeypatch):
        monkeypatch.setattr(past, "MOST_BYTES", 10)
        with pytest.raises(Refused):
            past.from_file(CSV.encode())

    @pytest.mark.parametrize(
        "data",
        [
            b"\xff\xfe\x00",
            b"\x00" * 999,
            b"PK\x03\x04" + b"\x00" * 50,
            b'a,b\n"',
            CSV.encode()[:-20],
            b"external_id\n" * 9,
        ],
    )
    def test_that_is_hostile_is_answered_in_words(self, data):
        make_world(now=datetime.now(UTC))
        with pytest.raises(EventsInvalid):
            past.from_file(data)
        file = SimpleUploadedFile("events.csv", data)
        answer = signed_in().post(url("rehearsal"), {"toml": LOOSE, "events": file})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert "第 " in answer.text


class TestThePage:
    @pytest.fixture(autouse=True)
    def _world(self) -> None:
        make_world(now=datetime.now(UTC))
        make_tree()

    def test_who_may_only_watch_is_told_whom_to_ask(self):
        page = signed_in("executive").get(url("rehearsal"))
        assert page.status_code == 200
        assert "预演由负责投放的人做" in page.text
        assert "<textarea" not in page.text
        assert signed_in("executive").post(url("rehearsal"), {"toml": LOOSE}).status_code == 403
        assert signed_in("agent").get(url("rehearsal")).status_code == 403

    def test_it_begins_with_the_version_that_was_chosen(self):
        apply_policy("[gap]\nhours = 12\n", by=SYSTEM, now=NOW)
        apply_policy("[gap]\nhours = 36\n", by=SYSTEM, now=NOW)
        assert "hours = 36" in signed_in().get(url("rehearsal")).text
        assert "hours = 12" in signed_in().get(url("rehearsal", version="1")).text
        assert signed_in().get(url("rehearsal", version="9")).status_code == 404

    def test_a_file_of_events_and_a_policy_file(self):
        files = {
            "events": SimpleUploadedFile("events.csv", CSV.encode()),
            "policy": SimpleUploadedFile("policy.toml", LOOSE.encode()),
        }
        page = signed_in(language="en").post(url("rehearsal"), {"toml": "", **files}).text
        assert "Nothing was touched." in page
        assert "3 events replayed twice" in page
        part = signed_in().post(url("rehearsal"), {"toml": LOOSE}, headers={"HX-Request": "true"}).text
        assert "<html" not in part

    @pytest.mark.parametrize("text", ["\x00", "[", "a" * 200_000, "[gap]\nhour = 0\n"])
    def test_a_policy_that_is_none_is_answered_at_its_line(self, text):
        answer = signed_in().post(url("rehearsal"), {"toml": text})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text

    @pytest.mark.parametrize("data", [b"\xff\xfe", b"x" * 500_000])
    def test_a_policy_file_that_is_none(self, data):
        file = SimpleUploadedFile("policy.toml", data)
        answer = signed_in().post(url("rehearsal"), {"toml": "", "policy": file})
        assert answer.status_code == 422
        assert "策略文件" in answer.text

    def test_nothing_to_replay_is_said(self):
        assert "没有可以重放的接触" in signed_in().post(url("rehearsal"), {"toml": LOOSE}).text

    @pytest.mark.parametrize("days", ["", "7", "x", "99999999999"])
    def test_any_number_of_days_is_one_of_ours(self, days):
        assert signed_in().post(url("rehearsal"), {"toml": LOOSE, "days": days}).status_code == 200


def test_moments_of_both_databases_are_the_same_microseconds():
    assert past._whole(["2026-11-20 02:00:00", "2026-11-20 02:00:00.000001"]).tolist() == [
        1_795_140_000_000_000,
        1_795_140_000_000_001,
    ]
    assert past._whole([5, 6]).tolist() == [5, 6]
    assert np.array_equal(past._whole([1]), np.array([1]))
