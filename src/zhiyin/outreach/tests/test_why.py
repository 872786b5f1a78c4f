"""Why was this customer not asked? Found by whatever somebody has at hand, told from what was stored, and audited."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from zhiyin.journey.queries import find_interaction
from zhiyin.ledger.queries import EventCard, events
from zhiyin.lib.errors import NotAllowed, NotFound
from zhiyin.outreach import dispatch, why
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.intake import receive
from zhiyin.outreach.models import Decision
from zhiyin.outreach.rules import Line, Outcome
from zhiyin.outreach.testing import NOW, SYSTEM, make_world
from zhiyin.outreach.tests.test_monitor import call
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff, make_tree

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()
    make_tree()


def came(*items: dict[str, Any], now: datetime = NOW) -> list[int]:
    results = receive(items, by=SYSTEM, now=now)
    assert all(result.interaction for result in results)
    return [result.interaction for result in results if result.interaction]


def sent(*, at: datetime) -> None:
    """Whatever is due leaves at this moment."""
    dispatch.send_due(worker="test", clock=lambda: at)


def asked(typed: str, *, by: Viewer | None = None) -> why.Answer | None:
    return why.look_up(typed, by=by or make_staff("quality_manager", unit="HQ"), now=NOW + HOUR, tz=SHANGHAI)


def facts() -> list[EventCard]:
    return events(kind="outreach.why_asked")


class TestFinding:
    @pytest.mark.parametrize("typed", ["13900000001", "+86 139 0000 0001", " k-1 ", "K00001"])
    def test_by_phone_by_the_senders_number_and_by_the_customers_own(self, typed):
        (interaction,) = came(call(1))
        found = asked(typed)
        assert found is not None
        assert found.interaction.id == interaction

    def test_by_our_own_number(self):
        (interaction,) = came(call(1))
        found = asked(str(interaction))
        assert found is not None
        assert found.interaction.id == interaction

    @pytest.mark.parametrize("typed", ["", " ", "13900000099", "nobody", "9" * 19, "9" * 40, "'; --", "\x00", "٣٣"])
    def test_nonsense_finds_nothing_and_breaks_nothing(self, typed):
        came(call(1))
        assert asked(typed) is None

    def test_a_phone_finds_the_newest_and_names_the_others(self):
        came(call(1))
        came(call(1, external_id="second"), now=NOW + HOUR)
        found = asked("13900000001")
        assert found is not None
        assert found.interaction.external_id == "second"
        assert [card.external_id for card, _decision in found.others] == ["k-1"]

    def test_a_merged_persons_earlier_interactions_are_theirs(self):
        came(call(1), call(2))
        came(call(1, external_id="both", customer={"external_id": "K00002", "phone": "13900000001"}), now=NOW + HOUR)
        found = asked("13900000002")
        assert found is not None
        assert {found.interaction.external_id, *(card.external_id for card, _ in found.others)} == {
            "k-1",
            "k-2",
            "both",
        }

    def test_a_room_above_may_add_a_number_of_its_own(self, monkeypatch):
        monkeypatch.setattr(why, "FINDERS", dict(why.FINDERS))
        came(call(1))
        why.add_finder("badge", lambda typed, by: find_interaction("k-1", by=by) if typed == "B-7" else None)
        assert asked("B-7") is not None
        assert facts()[0].data["kind"] == "badge"


class TestWhoMayAsk:
    @pytest.mark.parametrize("role", ["agent", "team_lead"])
    def test_not_everybody(self, role):
        (interaction,) = came(call(1))
        with pytest.raises(NotAllowed):
            asked("k-1", by=make_staff(role, unit="HQ"))
        with pytest.raises(NotAllowed):
            why.look_up_interaction(interaction, by=make_staff(role, unit="HQ"), now=NOW, tz=SHANGHAI)
        assert facts() == []

    def test_for_another_branch_the_customer_is_not_there(self):
        (interaction,) = came(call(1, unit="N-1"))
        south = make_staff("quality_manager", unit="S")
        assert [asked(typed, by=south) for typed in ("13900000001", "k-1", "K00001", str(interaction))] == [None] * 4
        with pytest.raises(NotFound):
            why.look_up_interaction(interaction, by=south, now=NOW, tz=SHANGHAI)

    def test_of_a_shared_customer_each_branch_sees_its_own_interactions(self):
        came(call(1, unit="N-1"), call(1, external_id="south", unit="S-1"))
        north = asked("13900000001", by=make_staff("quality_manager", unit="N"))
        assert north is not None
        assert (north.interaction.external_id, list(north.others)) == ("k-1", [])


class TestTheRecord:
    def test_each_look_is_a_fact_without_what_was_typed(self):
        (interaction,) = came(call(1))
        by = make_staff("quality_manager", unit="HQ")
        asked("13900000001", by=by)
        (fact,) = facts()
        customer = Decision.objects.get().customer_id
        assert fact.actor == by.actor
        assert fact.subject == f"customer:{customer}"
        assert fact.data == {"kind": "phone", "customer_id": customer, "interaction_id": interaction}

    def test_a_look_in_vain_too(self):
        asked("13900000001")
        (fact,) = facts()
        assert fact.data == {"kind": "", "customer_id": None, "interaction_id": None}
        assert fact.subject == ""


class TestTheStory:
    def test_the_scenario_limit_with_its_dates_counts_and_next_time(self):
        for day in (40, 20):
            moment = NOW - timedelta(days=day)
            came(call(1, external_id=f"past-{day}", ended_at=moment.isoformat()), now=moment)
            sent(at=moment)
        came(call(1))
        found = asked("13900000001")
        assert found is not None
        assert not found.decision.invited
        assert found.explanation.sentence == "没有下发：同一场景 90 天已满 2 次。"
        blocked = [line for line in found.explanation.lines if line.outcome is Outcome.BLOCKED]
        assert [(line.title, line.detail) for line in blocked] == [
            ("同一场景 90 天 2 / 2", "已在 2026-10-11、2026-10-31 下发。")
        ]
        assert found.explanation.again == "最早 2027-01-09 10:00 可以再问。"
        assert found.invitation is None
        assert found.customer is not None
        assert found.customer.phone == "139****0001"

    def test_an_invitation_tells_how_far_it_got(self):
        came(call(1))
        sent(at=NOW)
        found = asked("13900000001")
        assert found is not None
        assert found.explanation.sentence == "已邀请：通过了全部规则。"
        assert found.invitation is not None
        assert found.invitation.sent_at == NOW
        # Its own message is no part of what it was judged by.
        assert [line.detail for line in found.explanation.lines][-3:] == ["还没有下发过。"] * 3

    def test_it_is_told_by_the_policy_of_its_day(self):
        came(call(1), call(1, external_id="again"))
        apply_policy('[gap]\nhours = 1\n[[limit]]\nper = "customer"\nmax = 1\ndays = 7\n', by=SYSTEM, now=NOW)
        found = asked("again")
        assert found is not None
        assert found.explanation.sentence == "没有下发：距上一条消息还没有超过 24 小时。"

    def test_on_the_screen_what_passed_at_once_and_what_was_not_judged_are_one_line_each(self):
        lines = [
            Line(Outcome.PASSED, "a", ""),
            Line(Outcome.PASSED, "b", ""),
            Line(Outcome.BLOCKED, "c", "why"),
            Line(Outcome.NOT_JUDGED, "d", "later"),
            Line(Outcome.NOT_JUDGED, "e", "later"),
        ]
        assert list(why.shortened(lines, passed="2 hold", joined="; ")) == [
            Line(Outcome.PASSED, "2 hold", "a; b"),
            Line(Outcome.BLOCKED, "c", "why"),
            Line(Outcome.NOT_JUDGED, "d; e", "later"),
        ]
        assert list(why.shortened(lines[2:3], passed="", joined="; ")) == lines[2:3]
