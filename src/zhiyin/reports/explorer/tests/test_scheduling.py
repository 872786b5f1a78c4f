"""What is due goes out once for each period, to each reader what they may see, however many workers look."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from zhiyin.ledger.queries import events
from zhiyin.lib.errors import NotFound, Refused, StaleEdit
from zhiyin.messaging.testing import messages
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff, members
from zhiyin.reports.explorer import keeping, scheduling
from zhiyin.reports.explorer.keeping import Audience
from zhiyin.reports.explorer.models import Schedule, ScheduleRun
from zhiyin.reports.explorer.rules import Rhythm
from zhiyin.reports.explorer.scheduling import LEASE, Wanted, mail_what_is_due
from zhiyin.reports.explorer.tests.conftest import NOW

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = NOW.astimezone(SHANGHAI).replace(hour=8, minute=0, second=0, microsecond=0)
DUE = (TODAY if TODAY > NOW else TODAY + timedelta(days=1)).astimezone(UTC)
DAY = timedelta(days=1)
DAILY = Rhythm("daily", 8 * 60)


@pytest.fixture
def owner(service: None) -> Viewer:
    return make_staff("quality_manager", unit="HQ")


def plan(owner: Viewer, *readers: Viewer, query: str = "measure=top_box&rows=touchpoint") -> int:
    view = keeping.save_view(name="热线周报", query=query, audience=Audience(), by=owner, now=NOW)
    wanted = Wanted(DAILY, tuple(one.staff_id or 0 for one in readers or (owner,)))
    return scheduling.plan(wanted, view_id=view, by=owner, now=NOW)


def at(moment: datetime) -> int:
    return mail_what_is_due(clock=lambda: moment)


def mails() -> list[Any]:
    return list(messages(category="staff").order_by("pk"))


@pytest.mark.django_db
class TestOnce:
    def test_nothing_goes_out_before_its_time(self, owner):
        plan(owner)
        assert at(DUE - timedelta(seconds=1)) == 0
        assert mails() == []

    def test_it_goes_out_at_its_minute_and_not_again_until_the_next(self, owner):
        plan(owner)
        assert [at(DUE), at(DUE), at(DUE + timedelta(hours=23))] == [1, 0, 0]
        assert len(mails()) == 1
        assert at(DUE + DAY) == 1
        assert len(mails()) == 2

    def test_many_missed_periods_are_one_mail(self, owner):
        number = plan(owner)
        assert at(DUE + 9 * DAY + timedelta(hours=3)) == 1
        assert len(mails()) == 1
        assert Schedule.objects.get(pk=number).due_at == DUE + 10 * DAY

    def test_a_worker_that_died_holds_it_up_for_no_longer_than_its_lease(self, owner):
        number = plan(owner)
        Schedule.objects.filter(pk=number).update(leased_until=DUE + LEASE, fencing=1)
        assert at(DUE + timedelta(seconds=1)) == 0
        assert at(DUE + LEASE) == 1

    def test_a_worker_that_wakes_after_another_took_over_queues_nothing(self, owner, monkeypatch):
        number = plan(owner)
        put_together = scheduling._alerts

        def slow(row, *, now):
            found = put_together(row, now=now)
            Schedule.objects.filter(pk=number).update(fencing=99)  # meanwhile somebody else has it
            return found

        monkeypatch.setattr(scheduling, "_alerts", slow)
        assert at(DUE) == 0
        assert mails() == []
        assert not ScheduleRun.objects.exists()

    def test_a_period_that_has_gone_out_never_goes_out_again(self, owner):
        """Even were the clock of the schedule put back: the run is written once."""
        number = plan(owner)
        at(DUE)
        Schedule.objects.filter(pk=number).update(due_at=DUE)
        assert at(DUE + timedelta(seconds=1)) == 0
        assert len(mails()) == 1

    def test_what_cannot_be_put_together_is_tried_again_and_given_up_for_this_period(self, owner, monkeypatch):
        number = plan(owner)
        monkeypatch.setattr(scheduling, "alert_for", lambda *_args, **_more: 1 / 0)
        for attempt in range(scheduling.TRIES):
            assert at(DUE + attempt * LEASE) == 0
        row = Schedule.objects.get(pk=number)
        assert (row.due_at, row.leased_until, row.failures) == (DUE + DAY, None, 0)


@pytest.mark.django_db(transaction=True)
def test_of_many_schedulers_at_the_same_moment_one_mails(owner):
    for place in range(3):
        plan(owner, query=f"measure=top_box&rows={('touchpoint', 'segment', 'moment')[place]}")
    sent: list[int] = []
    together = threading.Barrier(4)

    def work() -> None:
        together.wait()
        sent.append(at(DUE))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(sent) == 3
    assert len(mails()) == 3
    assert ScheduleRun.objects.count() == 3


@pytest.mark.django_db
class TestWhat:
    def test_each_reader_gets_their_own_units_in_their_own_language(self, owner):
        north, south = make_staff("team_lead", unit="N"), make_staff("executive", unit="S")
        members().filter(pk=south.staff_id).update(language="en")
        plan(owner, owner, north, south)
        assert at(DUE) == 1
        found = {mail.staff_id: mail.body for mail in mails()}
        assert "n = 114" in found[owner.staff_id]["text"]
        assert "n = 82" in found[north.staff_id]["text"]
        assert "n = 32" in found[south.staff_id]["text"]
        assert "hotline" not in found[south.staff_id]["html"]
        assert "Top-box rate" in found[south.staff_id]["html"]
        assert "满意度 10 分率" in found[north.staff_id]["html"]

    def test_it_holds_a_table_a_file_and_the_way_to_stop_it(self, owner):
        number = plan(owner)
        at(DUE)
        (mail,) = mails()
        ((name, kind, text),) = mail.body["files"]
        assert name.endswith(".csv")
        assert kind == "csv"
        assert text.startswith("\ufeff触点,")
        assert "<table>" in mail.body["html"]
        for part in (mail.body["html"], mail.body["text"]):
            assert f"/explorer/schedules/{number}/" in part

    def test_the_scope_is_that_of_the_moment_of_sending(self, owner):
        reader = make_staff("team_lead", unit="N")
        plan(owner, reader)
        members().filter(pk=reader.staff_id).update(unit_id=members().get(pk=make_staff(unit="S").staff_id).unit_id)
        at(DUE)
        assert "n = 32" in mails()[0].body["text"]

    def test_who_lost_the_right_or_left_gets_none_and_is_counted(self, owner):
        demoted, gone = make_staff("team_lead", unit="N"), make_staff("team_lead", unit="N")
        number = plan(owner, owner, demoted, gone)
        members().filter(pk=demoted.staff_id).update(role="agent")
        members().filter(pk=gone.staff_id).update(is_active=False)
        at(DUE)
        assert [mail.staff_id for mail in mails()] == [owner.staff_id]
        (told,) = events(kind="explorer.report_mailed", limit=5)
        assert told.data == {
            "schedule_id": number, "due_at": DUE.isoformat(), "readers": 1, "without_right": 2,
        }  # fmt: skip

    def test_a_dashboard_goes_out_with_all_its_tiles(self, owner):
        board = keeping.make_dashboard(name="晨会", audience=Audience(), by=owner, now=NOW)
        for name, query in (("甲", "measure=top_box&rows=touchpoint"), ("乙", "measure=joy"), ("丙", "measure=nps")):
            view = keeping.save_view(name=name, query=query, audience=Audience(), by=owner, now=NOW)
            keeping.pin(dashboard_id=board, view_id=view, by=owner, now=NOW)
        scheduling.plan(Wanted(DAILY, (owner.staff_id or 0,)), dashboard_id=board, by=owner, now=NOW)
        at(DUE)
        (mail,) = mails()
        assert [name[:2] for name, _kind, _text in mail.body["files"]] == ["01", "03"]
        assert "这个指标已经没有了" in mail.body["text"]

    def test_a_deleted_view_is_not_mailed(self, owner):
        plan(owner)
        keeping.delete("view", keeping.views(by=owner)[0].id, by=owner, now=NOW)
        assert at(DUE) == 0
        assert mails() == []


@pytest.mark.django_db
class TestWho:
    def test_readers_are_those_of_ones_own_units_who_may_see_figures(self, service):
        planner = make_staff("quality_manager", unit="N")
        lead, agent, stranger = make_staff("team_lead", unit="N-1"), make_staff(), make_staff("team_lead", unit="S")
        assert {identifier for identifier, _name in scheduling.may_read(by=planner)} == {
            planner.staff_id,
            lead.staff_id,
        }
        number = plan(planner, lead, agent, stranger)
        assert scheduling.schedule_card(number, by=planner).reader_ids == (lead.staff_id,)
        with pytest.raises(Refused, match="至少"):
            plan(planner, stranger)

    def test_a_reader_stops_their_own_copy_and_is_not_signed_up_again_by_others(self, owner):
        reader = make_staff("team_lead", unit="N")
        number = plan(owner, owner, reader)
        scheduling.leave(schedule_id=number, by=reader, now=NOW)
        again = Wanted(DAILY, (owner.staff_id or 0, reader.staff_id or 0))
        scheduling.change(again, schedule_id=number, version=1, by=owner, now=NOW)
        at(DUE)
        assert [mail.staff_id for mail in mails()] == [owner.staff_id]
        with pytest.raises(NotFound):
            scheduling.schedule_card(number, by=reader)

    def test_its_owner_stops_it_and_starts_it_without_what_was_missed(self, owner):
        number = plan(owner)
        scheduling.switch(schedule_id=number, on=False, by=owner, now=NOW)
        assert at(DUE + 3 * DAY) == 0
        scheduling.switch(schedule_id=number, on=True, by=owner, now=DUE + 3 * DAY + timedelta(hours=1))
        assert at(DUE + 3 * DAY + timedelta(hours=2)) == 0
        assert at(DUE + 4 * DAY) == 1

    def test_only_its_owner_changes_it_and_nobody_overwrites_what_they_did_not_see(self, owner):
        reader = make_staff("quality_manager", unit="HQ")
        number = plan(owner, owner, reader)
        wanted = Wanted(Rhythm("weekly", 60, 0), (owner.staff_id or 0,))
        with pytest.raises(NotFound):
            scheduling.change(wanted, schedule_id=number, version=1, by=reader, now=NOW)
        scheduling.change(wanted, schedule_id=number, version=1, by=owner, now=NOW)
        with pytest.raises(StaleEdit):
            scheduling.change(wanted, schedule_id=number, version=1, by=owner, now=NOW)
