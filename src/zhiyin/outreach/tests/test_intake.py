"""Both entrances lead here: every item one result, every new interaction one decision, again its first answer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.threads import together
from zhiyin.journey.rules import Arrival, read_arrival
from zhiyin.journey.testing import interactions
from zhiyin.ledger.queries import events
from zhiyin.lib.faults import Fault
from zhiyin.messaging.testing import messages
from zhiyin.outreach import intake
from zhiyin.outreach.intake import Result, receive, receive_read
from zhiyin.outreach.models import Decision, Invitation
from zhiyin.outreach.testing import NOW, SYSTEM, make_world
from zhiyin.people.access import Viewer
from zhiyin.people.actions import opt_out
from zhiyin.people.testing import customers, make_staff, make_tree, members

pytestmark = pytest.mark.django_db
TABLES = ("ledger.Event", "ledger.IntakeKey", "people.Customer", "people.Identity", "journey.Interaction")


@pytest.fixture(autouse=True)
def tree() -> dict[str, int]:
    make_world()
    return make_tree()


def item(number: int = 1, **changes: Any) -> dict[str, Any]:
    body = {
        "source": "cti",
        "external_id": f"call-{number}",
        "customer": {"external_id": f"C{number}", "phone": f"138{number:08}"},
        "touchpoint": "hotline",
        "ended_at": (NOW - timedelta(minutes=2)).isoformat(),
    }
    return {**body, **changes}


def take(*items: Any, by: Viewer = SYSTEM) -> list[Result]:
    return receive(items, by=by, now=NOW)


def code_of(by: Viewer) -> str:
    return members().get(pk=by.staff_id).code or ""


class TestTakingIn:
    def test_an_interaction_becomes_a_decision_an_invitation_and_a_message(self):
        (result,) = take(item())
        assert (result.status, result.decision, result.reason) == ("created", "invite", "")
        row, decision, invitation = interactions().get(), Decision.objects.get(), Invitation.objects.get()
        assert (row.pk, decision.interaction_id, invitation.interaction_id) == (result.interaction,) * 3
        assert invitation.pk == result.invitation
        assert messages().get().invitation_id == invitation.pk
        assert {row.customer_id, decision.customer_id, invitation.customer_id} == {customers().get().pk}

    def test_a_batch_of_nothing_is_nothing(self):
        assert take() == []
        assert not events(kind="journey.interactions_received")

    def test_results_stand_in_the_order_of_the_items(self):
        results = take(item(1), {"source": "x"}, item(2), item(1), item(1, channel="email"), None)
        assert [one.status for one in results] == ["created", "invalid", "created", "replayed", "conflict", "invalid"]
        assert results[0].interaction == results[3].interaction
        assert results[3].invitation == results[0].invitation

    def test_the_fact_names_the_batch_and_nobody_in_it(self):
        dispute = {"dispute": True, "ticket": True}
        results = take(
            item(1, attributes={"dispute": True}),
            item(2, attributes={"complaint": True}),
            item(3, customer={"external_id": "C3"}, attributes=dispute),
        )
        ids = [one.interaction for one in results]
        (fact,) = events(kind="journey.interactions_received")
        about = {"ids": ids, "invited": ids[:2], "complaints": ids[1:2], "disputed": ids[2:]}
        assert fact.data == {**about, "source": "cti", "policy": 0}
        assert fact.subject == f"interaction:{ids[0]}"
        assert "138" not in str(fact.data).replace(str(ids), "")

    def test_a_batch_of_known_items_leaves_no_fact(self):
        take(item())
        before = len(events())
        take(item())
        assert len(events()) == before

    def test_a_batch_costs_the_same_few_statements_whatever_its_size(self):
        take(*(item(number) for number in range(900, 910)))
        costs = []
        for first, size in ((1000, 10), (2000, 300)):
            with CaptureQueriesContext(
                connection,
            ) as cost:
                take(*(item(number) for number in range(first, first + size)))
            costs.append(len(cost))
        assert costs[0] == costs[1] <= 30

    def test_a_fault_half_way_leaves_nothing_at_all(self, monkeypatch):
        before = {name: apps.get_model(name).objects.count() for name in TABLES}

        def fails(*_args: object, **_more: object) -> None:
            raise OSError("the disk is full")

        monkeypatch.setattr(intake, "record", fails)
        with pytest.raises(OSError, match="the disk is full"):
            take(item(1), item(2))
        assert {name: apps.get_model(name).objects.count() for name in TABLES} == before
        assert not Decision.objects.exists()
        monkeypatch.undo()
        assert [one.status for one in take(item(1), item(2))] == ["created", "created"]


class TestLookingUp:
    def test_a_scenario_is_the_touchpoints_unless_another_is_named(self):
        first, second = take(item(1), item(2, scenario="hotline"))
        rows: dict[int | None, int] = dict(interactions().values_list("pk", "scenario_id"))
        assert rows[first.interaction] == rows[second.interaction]

    def test_the_unit_is_the_named_one_else_the_members_else_ones_own(self, tree):
        member = make_staff(unit="N-1")
        named, by_member, own = take(item(1, unit="S", staff=code_of(member)), item(2, staff=code_of(member)), item(3))
        units: dict[int | None, int] = dict(interactions().values_list("pk", "unit_id"))
        assert units[named.interaction] == tree["S"]
        assert units[by_member.interaction] == tree["N-1"]
        assert units[own.interaction] == tree["HQ"]
        assert interactions().get(pk=named.interaction).staff_id == member.staff_id
        assert Invitation.objects.get(pk=named.invitation).served_by == member.staff_id

    @pytest.mark.parametrize("name", ["touchpoint", "scenario", "unit", "staff"])
    def test_a_key_that_names_nothing_is_refused_by_field(self, name):
        (result,) = take(item(**{name: "nothing"}))
        assert [(fault.field, fault.code) for fault in result.faults] == [(name, "unknown_key")]

    def test_everything_that_names_nothing_is_said_at_once(self):
        (result,) = take(item(touchpoint="a", scenario="b", unit="c", staff="d"))
        assert [fault.field for fault in result.faults] == ["touchpoint", "scenario", "unit", "staff"]

    def test_what_another_branch_has_is_not_there(self):
        lead = make_staff("quality_manager", unit="N")
        refused = take(item(1, unit="S-1"), item(2, staff=code_of(make_staff(unit="S-1"))), by=lead)
        assert [one.faults[0].code for one in refused] == ["unknown_key", "unknown_key"]
        (own,) = take(item(3), by=lead)
        assert interactions().get(pk=own.interaction).unit_id == lead.unit_id


class TestTheSameAgain:
    def test_gets_its_first_answer_though_everything_has_changed_since(self):
        (first,) = take(item())
        opt_out(customers().get().pk, via="test", by=SYSTEM, now=NOW)
        (again,) = receive([item()], by=SYSTEM, now=NOW + timedelta(days=200))
        assert (again.status, again.decision, again.invitation) == ("replayed", "invite", first.invitation)

    def test_a_suppression_is_replayed_as_one(self):
        take(item(1))
        body = item(2, customer=item(1)["customer"])
        (first,), (again,) = take(body), take(body)
        assert (first.decision, first.reason, first.invitation) == ("suppress", "gap", None)
        assert (again.status, again.decision, again.reason, again.invitation) == ("replayed", "suppress", "gap", None)

    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({"unit": "S"}, ["unit"]),
            ({"channel": "email"}, ["channel"]),
            ({"ended_at": NOW.isoformat()}, ["ended_at"]),
            ({"started_at": (NOW - timedelta(hours=1)).isoformat()}, ["started_at"]),
            ({"attributes": {"a": 1}}, ["attributes"]),
            ({"channel": "email", "attributes": {"a": 1}}, ["channel", "attributes"]),
            ({"customer": {"external_id": "C1"}}, ["customer"]),
        ],
    )
    def test_another_body_under_the_same_id_is_a_conflict_that_names_the_fields(self, changes, fields):
        take(item())
        (result,) = take(item(**changes))
        assert result.status == "conflict"
        assert [fault.field for fault in result.faults] == fields
        assert interactions().count() == Decision.objects.count() == 1

    def test_of_two_bodies_in_one_batch_the_first_counts(self):
        first, second = take(item(), item(channel="email"))
        assert (first.status, second.status) == ("created", "conflict")
        assert interactions().get().channel == "sms"

    def test_an_id_that_another_branch_has_used_is_taken_and_no_more_is_said(self):
        take(item(unit="S"))
        lead = make_staff("quality_manager", unit="N")
        for body in (item(unit="N"), item()):
            (result,) = take(body, by=lead)
            assert (result.status, result.interaction) == ("conflict", None)
            assert [fault.field for fault in result.faults] == ["external_id"]

    def test_whichever_entrance_it_comes_by(self):
        """An import reads its rows itself; the same row by the API is the same interaction."""
        read = read_arrival(item(), now=NOW)
        assert isinstance(read, Arrival)
        (first,) = receive_read([read], by=SYSTEM, now=NOW)
        (again,) = take(item())
        assert (first.status, again.status, again.interaction) == ("created", "replayed", first.interaction)

    def test_faults_found_while_reading_are_passed_on(self):
        fault = Fault("x", "y", "", "")
        (result,) = receive_read([[fault]], by=SYSTEM, now=NOW)
        assert (result.status, result.faults) == ("invalid", [fault])


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a62_eight_identical_calls_make_one_interaction(self):
        results = together([lambda: take(item())[0]] * 8)
        assert sorted(one.status for one in results) == ["created", *["replayed"] * 7]
        assert len({one.interaction for one in results}) == len({one.invitation for one in results}) == 1
        assert interactions().count() == Decision.objects.count() == Invitation.objects.count() == 1
        assert messages().count() == 1

    def test_eight_bodies_under_one_id_make_one_interaction_and_seven_conflicts(self):
        acts: list[Callable[[], Result]] = [
            lambda number=number: take(item(attributes={"n": number}))[0]
            for number in range(8)  # type: ignore[misc]
        ]
        assert sorted(one.status for one in together(acts)) == [*["conflict"] * 7, "created"]
        assert interactions().count() == 1

    def test_crossing_batches_are_taken_in_once_without_a_deadlock(self):
        bodies = [item(number, customer={"external_id": f"K{number % 7}"}) for number in range(60)]

        def batch(thread: int) -> list[Result]:
            mine = bodies[thread * 5 :] + bodies[: thread * 5]
            return take(*(mine if thread % 2 else mine[::-1]))

        done = together([lambda thread=thread: batch(thread) for thread in range(8)])  # type: ignore[misc]
        assert sum(one.status == "created" for each in done for one in each) == 60
        assert sum(one.status == "replayed" for each in done for one in each) == 7 * 60
        assert interactions().count() == Decision.objects.count() == 60
        assert customers().count() == 7


def test_as_json_shows_numbers_as_texts():
    told = intake.as_json(Result("created", 456199458934227456, "invite", "", 7))
    assert told == {
        "status": "created",
        "interaction": "456199458934227456",
        "decision": "invite",
        "reason": None,
        "invitation": "7",
    }
    assert intake.as_json(Result("invalid"))["interaction"] is None


@pytest.mark.django_db(transaction=True)
def test_batches_that_bring_the_same_new_people_at_once_are_all_taken_in():
    people = [{"external_id": f"P{number}", "phone": f"139{number:08}"} for number in range(30)]
    batches = [
        [item(100 * batch + number, customer=person) for number, person in enumerate(people)] for batch in range(4)
    ]
    found = together([lambda batch=batch: take(*batch) for batch in batches])  # type: ignore[misc]  # a default binds it
    assert {result.status for results in found for result in results} == {"created"}
    assert customers().count() == len(people)
    assert Decision.objects.filter(invited=True).count() == len(people)  # each once: the gap holds for the rest
