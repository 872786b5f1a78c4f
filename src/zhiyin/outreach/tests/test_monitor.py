"""The numbers of the outreach screen: they add up, each is the length of its list, and nobody counts another branch."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db.models import Q

from zhiyin.lib.ids import first_id_at
from zhiyin.metrics import mirror
from zhiyin.metrics.asking import Asked, answer_to
from zhiyin.outreach import monitor, screen
from zhiyin.outreach.breakdown import breakdown
from zhiyin.outreach.intake import receive
from zhiyin.outreach.models import Decision, Invitation
from zhiyin.outreach.monitor import Window, decision_sets, invitation_sets
from zhiyin.outreach.rules import Loss
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations, make_world
from zhiyin.people.access import Viewer
from zhiyin.people.testing import make_staff, make_tree
from zhiyin.people.tree import OrganisationTree

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVER = Window(since=NOW - DAY, until=NOW + DAY)
LATER = NOW + 9 * HOUR  # every link sent at NOW is dead by then


def call(number: int, **more: Any) -> dict[str, Any]:
    """One interaction; each number is another customer."""
    customer = {"external_id": f"K{number:05}", "phone": f"139{number:08}"}
    return {
        "source": "test",
        "external_id": f"k-{number}",
        "customer": customer,
        "touchpoint": "hotline",
        "ended_at": (NOW - HOUR).isoformat(),
        **more,
    }


def sizes(state_now: datetime, *, by: Viewer = SYSTEM, window: Window = EVER) -> dict[str, int]:
    """How long each list of invitations is, counted row by row."""
    return {
        name: len(monitor.invitation_page(window, which, by=by, before=None, limit=10_000))
        for name, which in invitation_sets(state_now).items()
    }


def test_whatever_becomes_of_an_invitation_it_is_lost_exactly_once():
    """Every combination that a row can be in, alive and dead."""
    moments = (None, NOW + HOUR)
    rows = [
        (state, sent, delivered, opened, answered)
        for state, sent, delivered, opened, answered in product(
            Invitation.State.values, (None, NOW), moments, moments, moments
        )
    ]
    ids = make_invitations(len(rows))
    for pk, (state, sent, delivered, opened, answered) in zip(ids, rows, strict=True):
        Invitation.objects.filter(pk=pk).update(
            state=state,
            sent_at=sent,
            dies_at=sent and NOW + 8 * HOUR,
            delivered_at=delivered,
            opened_at=opened,
            answered_at=answered,
        )
    for now in (NOW + 2 * HOUR, LATER):
        found = monitor.tally(EVER, by=SYSTEM, now=now).steps
        assert found == sizes(now)
        assert found["invited"] == found["sent"] + found["queued"] + found["withdrawn"] + found["failed"]
        assert found["sent"] == found["delivered"] + found["unknown"] + found["unconfirmed"]
        assert found["delivered"] == found["opened"] + found["unopened"] + found["not_yet_opened"]
        assert found["opened"] == found["answered"] + found["left"] + found["answering"]


@pytest.fixture
def decided() -> None:
    """Invited 3; without a phone 2; asked too recently 2 (the same people again at once)."""
    make_world()
    items = [call(number) for number in (1, 2, 3)]
    items += [call(number, customer={"external_id": f"N{number}0000000"}) for number in (4, 5)]
    items += [call(1, external_id="again-1"), call(2, external_id="again-2")]
    assert [result.status for result in receive(items, by=SYSTEM, now=NOW)] == ["created"] * 7


@pytest.mark.usefixtures("decided")
class TestTheFunnel:
    def test_excluded_and_suppressed_are_kept_apart(self):
        found = monitor.tally(EVER, by=SYSTEM, now=NOW)
        assert (found.decided, found.excluded, found.eligible, found.suppressed) == (7, 2, 5, 2)
        assert found.steps["invited"] == found.eligible - found.suppressed == 3

    def test_the_losses_of_each_stage_are_what_lies_between_it_and_the_one_before(self):
        Invitation.objects.filter(pk=Invitation.objects.order_by("pk").values("pk")[:1]).update(
            state="sent", sent_at=NOW, dies_at=NOW + 8 * HOUR
        )
        stages = screen.funnel(monitor.tally(EVER, by=SYSTEM, now=NOW), screen.Links({}))
        assert [stage.count for stage in stages] == [7, 5, 3, 1, 0, 0, 0]
        for before, stage in zip(stages, stages[1:], strict=False):
            assert before.count - stage.count == sum(lost.count for lost in stage.losses)
        assert stages[3].of_before == 1 / 3
        assert stages[3].of_first == 1 / 7

    def test_by_channel_it_begins_with_what_was_queued(self):
        Invitation.objects.filter(pk__in=Invitation.objects.order_by("pk").values("pk")[:1]).update(channel="email")
        window = replace(EVER, channel="email")
        found = monitor.tally(window, by=SYSTEM, now=NOW)
        stages = screen.funnel(found, screen.Links({"channel": "email"}), is_by_channel=True)
        assert [stage.count for stage in stages] == [1, 0, 0, 0, 0]
        assert stages[0].losses == []
        assert len(monitor.invitation_page(window, Q(), by=SYSTEM, before=None, limit=9)) == 1

    def test_only_the_ids_of_the_period_are_read(self, django_assert_num_queries):
        """Tables are cut into months by id: without both ends every later month would be read as well."""
        with django_assert_num_queries(2) as asked:
            monitor.tally(EVER, by=SYSTEM, now=NOW)
        ends = str(first_id_at(EVER.since)), str(first_id_at(EVER.until + monitor.IDS_AHEAD))
        assert all(end in query["sql"] for query in asked.captured_queries for end in ends)

    @pytest.mark.parametrize("cut", monitor.CUTS)
    def test_the_cells_of_each_cut_add_up_to_the_whole(self, cut):
        found, cells = (
            monitor.tally(EVER, by=SYSTEM, now=NOW),
            monitor.tally_by(cut, EVER, by=SYSTEM, now=NOW),
        )
        for step, count in found.steps.items():
            assert sum(cell.steps[step] for cell in cells) == count
        if cut == "channel":
            assert all(cell.decided is None for cell in cells)
        else:
            assert sum(cell.decided or 0 for cell in cells) == found.decided
            assert sum(cell.eligible or 0 for cell in cells) == found.eligible

    @pytest.mark.parametrize("cut", monitor.CUTS)
    def test_a_table_costs_the_same_however_many_cells_it_has(self, cut, django_assert_max_num_queries):
        with django_assert_max_num_queries(5):
            table = breakdown(cut, EVER, screen.Links({}), by=SYSTEM, now=NOW)
        assert [row.queued for row in table.rows] == [3]
        assert all(row.response_rate.is_withheld for row in table.rows)  # far fewer than thirty were sent

    @pytest.mark.parametrize(("loss", "total"), [(Loss.EXCLUDED, 2), (Loss.SUPPRESSED, 2)])
    def test_the_reasons_add_up_exactly(self, loss, total):
        found = monitor.tally(EVER, by=SYSTEM, now=NOW)
        rows = screen.reasons(found, loss, screen.Links({}), language="en")
        assert sum(row.count for row in rows) == total

    def test_a_reason_says_its_numbers_while_all_policies_agree_on_them(self):
        found = monitor.tally(EVER, by=SYSTEM, now=NOW)
        rows = screen.reasons(found, Loss.SUPPRESSED, screen.Links({}), language="en")
        assert [row.label for row in rows] == ["No more than 24 hours since the last message"]

    def test_each_part_of_the_decisions_is_as_long_as_its_number(self):
        found = monitor.tally(EVER, by=SYSTEM, now=NOW)
        lengths = {
            name: len(monitor.decision_page(EVER, which, by=SYSTEM, before=None, limit=100))
            for name, which in decision_sets().items()
        }
        assert lengths == {
            "all": found.decided,
            "excluded": found.excluded,
            "eligible": found.eligible,
            "suppressed": found.suppressed,
            "invited": 3,
            "unreachable": found.unreachable,
        }

    def test_the_period_takes_its_first_moment_and_leaves_its_last(self):
        moment = timedelta(microseconds=1)
        assert monitor.tally(Window(since=NOW, until=NOW + moment), by=SYSTEM, now=NOW).decided == 7
        assert monitor.tally(Window(since=NOW - DAY, until=NOW), by=SYSTEM, now=NOW).decided == 0
        assert monitor.tally(Window(since=NOW + moment, until=NOW + DAY), by=SYSTEM, now=NOW).decided == 0

    def test_a_page_ends_where_the_next_begins(self):
        first = monitor.decision_page(EVER, decision_sets()["all"], by=SYSTEM, before=None, limit=4)
        rest = monitor.decision_page(EVER, decision_sets()["all"], by=SYSTEM, before=first[3][0], limit=4)
        assert len(first) == 5  # one more: there is a next page
        assert [pk for pk, _ in first[:4] + rest] == list(Decision.objects.order_by("-pk").values_list("pk", flat=True))

    def test_the_response_rate_is_the_catalogues_own(self, settings, tmp_path):
        settings.DATA_DIR = tmp_path  # a mirror of its own
        ids = list(Invitation.objects.order_by("pk").values_list("pk", flat=True))
        Invitation.objects.filter(pk__in=ids).update(state="sent", sent_at=NOW, dies_at=NOW + 8 * HOUR)
        Invitation.objects.filter(pk=ids[0]).update(state="answered", answered_at=NOW + HOUR)
        mirror.catch_up(now=LATER)
        asked = Asked("response_rate", since=NOW.date(), until=NOW.date())
        known = answer_to(asked, by=SYSTEM, tree=OrganisationTree(), floor=1).whole
        found = monitor.tally(EVER, by=SYSTEM, now=LATER)
        rate = screen.response_rate(found, monitor.Tally({}, dict.fromkeys(found.steps, 0)), language="en", floor=1)
        assert rate is not None
        assert (rate.now.value, rate.now.low, rate.now.high, rate.now.n) == (known.value, known.low, known.high, 3)
        assert rate.verdict is None  # nothing was sent before


def test_without_anything_sent_there_is_no_rate():
    empty = monitor.Tally({}, dict.fromkeys(invitation_sets(NOW), 0))
    assert screen.response_rate(empty, empty, language="en") is None
    assert [stage.width for stage in screen.funnel(empty, screen.Links({}))] == ["0.0%"] * 7


@pytest.mark.parametrize(
    ("after", "place"),
    [(0.0, 0), (0.99, 0), (1.0, 1), (7.9, 7), (8.0, 7), (30.0, 7)],
)
def test_hours_are_counted_from_sending_and_the_last_one_takes_the_rest(after, place):
    (pk,) = make_invitations(1)
    Invitation.objects.filter(pk=pk).update(
        state="sent", sent_at=NOW, dies_at=NOW + 8 * HOUR, opened_at=NOW + after * HOUR
    )
    found = monitor.hours(EVER, longest=8.0, by=SYSTEM)
    assert found.opened == tuple(int(hour == place) for hour in range(8))
    assert found.answered == (0,) * 8


def test_an_answer_without_a_noted_opening_was_opened_at_the_latest_then():
    (pk,) = make_invitations(1)
    Invitation.objects.filter(pk=pk).update(
        state="answered", sent_at=NOW, dies_at=NOW + 8 * HOUR, answered_at=NOW + 2.5 * HOUR
    )
    found = monitor.hours(EVER, longest=8.0, by=SYSTEM)
    assert found.opened == found.answered == (0, 0, 1, 0, 0, 0, 0, 0)
    assert not found.is_empty


class TestBranches:
    @pytest.fixture(autouse=True)
    def _two_branches(self) -> None:
        make_world()
        make_tree()
        items = [call(1, unit="N-1"), call(2, unit="N-1"), call(3, unit="S-1")]
        items.append(call(4, unit="S-1", customer={"external_id": "N40000000"}))
        receive(items, by=SYSTEM, now=NOW)

    def test_nobody_counts_or_lists_another_branch(self):
        north, south = make_staff("quality_manager", unit="N"), make_staff("quality_manager", unit="S")
        everywhere = make_staff("quality_manager", unit="HQ")
        counted = [monitor.tally(EVER, by=by, now=NOW) for by in (north, south, everywhere)]
        assert [(one.decided, one.excluded, one.steps["invited"]) for one in counted] == [
            (2, 0, 2),
            (2, 1, 1),
            (4, 1, 3),
        ]
        assert sizes(NOW, by=south) == counted[1].steps
        units = make_tree()
        both_branches = Window(since=EVER.since, until=EVER.until, units=frozenset({units["N-1"], units["S-1"]}))
        assert monitor.tally(both_branches, by=north, now=NOW).decided == 2

    def test_a_unit_narrows_what_the_viewer_sees(self):
        narrowed = Window(since=EVER.since, until=EVER.until, units=frozenset({make_tree()["S-1"]}))
        assert monitor.tally(narrowed, by=SYSTEM, now=NOW).decided == 2

    def test_a_scenario_narrows_too(self):
        other = Window(since=EVER.since, until=EVER.until, scenario_id=-1)
        assert monitor.tally(other, by=SYSTEM, now=NOW).decided == 0
