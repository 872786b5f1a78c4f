"""From locked customers to decisions, invitations and messages; policies as versions; invitations by other ways."""

from datetime import timedelta
from typing import Any

import pytest

from tests.threads import together
from zhiyin.journey.queries import journey_map
from zhiyin.ledger.queries import events
from zhiyin.lib.crypto import digest
from zhiyin.lib.errors import NotAllowed, Refused
from zhiyin.messaging.testing import messages
from zhiyin.outreach import dispatch, queries
from zhiyin.outreach.actions import apply_policy, invite
from zhiyin.outreach.dispatch import take_back_about
from zhiyin.outreach.intake import Result, receive
from zhiyin.outreach.judging import Judged, current_policy, histories, policy_version
from zhiyin.outreach.models import Decision, Invitation, PolicyVersion
from zhiyin.outreach.rules import DEFAULT, PolicyInvalid, to_toml
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations, make_world
from zhiyin.people.actions import erase, opt_out
from zhiyin.people.testing import customers, given, identities, known, make_staff, make_tree

pytestmark = pytest.mark.django_db
PHONE, LANDLINE, ABROAD = "13800138000", "010-62345678", "+16502530000"
TIGHT = '[[limit]]\nper = "customer"\nmax = 1\ndays = 30\nreason = "one_a_month"\n'


@pytest.fixture(autouse=True)
def tree() -> dict[str, int]:
    make_world()
    return make_tree()


def take(number: int = 1, *, now=NOW, **changes: Any) -> Result:
    body = {
        "source": "cti",
        "external_id": f"call-{number}",
        "customer": {"external_id": "C1", "phone": PHONE},
        "touchpoint": "hotline",
        "ended_at": (now - timedelta(minutes=2)).isoformat(),
    }
    return receive([{**body, **changes}], by=SYSTEM, now=now)[0]


def ask(customer_id: int, **changes: Any) -> Judged:
    wanted: dict[str, Any] = {
        "purpose": "recovery",
        "survey": "call",
        "scenario": "hotline",
        "unit_id": 1,
        "case_id": 7,
    }
    return invite(customer_id=customer_id, by=SYSTEM, **{"now": NOW, **wanted, **changes})


class TestAddresses:
    @pytest.mark.parametrize(
        ("customer", "channel", "outcome"),
        [
            ({"phone": PHONE}, "sms", ""),
            ({"phone": LANDLINE}, "sms", "no_mobile"),
            ({"phone": ABROAD}, "sms", "channel_refused"),
            ({"email": "w@example.com"}, "sms", "no_address"),
            ({"email": "w@example.com"}, "email", ""),
            ({"phone": PHONE}, "email", "no_address"),
            ({"phone": PHONE, "email": "w@example.com"}, "email", ""),
            ({"phone": PHONE}, "outbox", ""),
            ({}, "sms", "no_address"),
            ({}, "email", "no_address"),
        ],
    )
    def test_what_the_channel_takes_decides(self, customer, channel, outcome):
        result = take(customer={"external_id": "C1", **customer}, channel=channel)
        assert (result.decision, result.reason) == ("suppress" if outcome else "invite", outcome)

    def test_the_newest_address_that_fits_is_used(self):
        known(given("C1", PHONE), now=NOW - timedelta(days=3))
        known(given("C1", LANDLINE), now=NOW - timedelta(days=2))
        take(customer={"external_id": "C1"})
        identity = identities().get(pk=messages().get().identity_id)
        assert (identity.kind, identity.reach) == ("phone", "mobile")


class TestPeople:
    def test_who_opted_out_is_kept_and_not_asked(self):
        (one,) = known(given("C1", PHONE))
        opt_out(one.id, via="test", by=SYSTEM, now=NOW)
        result = take()
        assert (result.status, result.decision, result.reason) == ("created", "suppress", "opted_out")

    def test_who_was_erased_is_kept_and_not_asked(self):
        (one,) = known(given("C1", PHONE))
        erase(one.id, by=SYSTEM, now=NOW)
        assert (take().status, take().decision) == ("created", "suppress")

    @pytest.mark.parametrize(("field", "reason"), [("is_internal", "internal_only"), ("is_minor", "under_14")])
    def test_who_must_not_be_asked_is_not(self, field, reason):
        (one,) = known(given("C1", PHONE))
        customers().filter(pk=one.id).update(**{field: True})
        assert take().reason == reason

    def test_a_touchpoint_without_a_survey_asks_nobody(self):
        from zhiyin.journey.queries import forget_map  # noqa: PLC0415
        from zhiyin.journey.testing import touchpoints  # noqa: PLC0415  (only here)

        touchpoints().update(survey="")
        forget_map()
        assert take().reason == "no_survey"


class TestArithmetic:
    def test_a_decision_keeps_the_counts_the_policy_and_the_next_time_allowed(self):
        take(1)
        take(2)
        second = Decision.objects.get(invited=False)
        assert (second.reason, second.policy, second.counts) == ("gap", 0, [1, 1])
        assert second.next_allowed_at is not None
        assert second.next_allowed_at > NOW + timedelta(hours=24) - timedelta(seconds=1)
        first = Decision.objects.get(invited=True)
        assert (first.counts, first.next_allowed_at, first.reason) == ([0, 0], None, "")

    def test_an_invitation_counts_at_once_for_the_same_persons_next_encounter_of_the_batch(self):
        bodies = [
            {
                "source": "cti",
                "external_id": f"call-{number}",
                "customer": {"external_id": f"C{number}", "phone": PHONE},
                "touchpoint": "hotline",
                "ended_at": NOW.isoformat(),
            }
            for number in range(4)
        ]
        results = receive(bodies, by=SYSTEM, now=NOW)
        assert [one.reason for one in results] == ["", "gap", "gap", "gap"]

    def test_history_follows_a_person_through_a_merge(self):
        """Fatigue counts what was sent under whichever of their former ids."""
        for number, phone in ((1, PHONE), (2, "13900139000")):
            take(number, customer={"external_id": f"C{number}", "phone": phone})
        assert Invitation.objects.count() == 2
        result = take(3, customer={"external_id": "C1", "phone": "13900139000"}, now=NOW + timedelta(days=2))
        assert (result.decision, result.reason) == ("suppress", "scenario_limit")
        (one,) = known(given("C1"))
        number, policy = current_policy()
        assert number == 0
        assert len(histories([one.id], policy=policy, now=NOW + timedelta(days=2))[one.id]) == 2

    def test_what_an_invitation_promised_is_frozen_on_it(self, tree):
        take(unit="N-1")
        row = Invitation.objects.get()
        assert (row.purpose, row.channel, row.policy, row.state) == ("service", "sms", 0, "queued")
        assert row.link_life == DEFAULT.link_life == timedelta(hours=8)
        assert (row.unit_id, row.created_at) == (tree["N-1"], NOW)
        assert row.token_hash is None  # made when it leaves, and kept only as a hash


class TestPolicies:
    def test_the_product_brings_number_0(self):
        assert current_policy()[0] == 0
        assert policy_version(0) == current_policy()[1]
        assert queries.policy_text() == to_toml(DEFAULT)

    def test_another_text_is_a_new_version_and_the_same_text_is_none(self):
        assert apply_policy(TIGHT, by=SYSTEM, now=NOW) == (1, True)
        assert apply_policy(TIGHT, by=SYSTEM, now=NOW) == (1, False)
        assert apply_policy(to_toml(DEFAULT), by=SYSTEM, now=NOW) == (2, True)
        assert apply_policy(TIGHT, by=SYSTEM, now=NOW) == (3, True)
        facts = events(kind="outreach.policy_applied")
        assert [fact.data["number"] for fact in facts] == [3, 2, 1]
        assert facts[0].data["digest"] == digest(TIGHT.encode()).hex()

    def test_a_decision_names_the_version_that_it_used(self):
        take(1)
        apply_policy(TIGHT, by=SYSTEM, now=NOW)
        result = take(2)
        assert result.reason == "one_a_month"
        assert list(Decision.objects.order_by("pk").values_list("policy", flat=True)) == [0, 1]
        assert policy_version(1).limits[0].reason == "one_a_month"

    def test_a_bad_policy_is_refused_whole(self):
        with pytest.raises(PolicyInvalid):
            apply_policy("[gap]\nhuors = 24\n", by=SYSTEM, now=NOW)
        assert not PolicyVersion.objects.exists()

    def test_only_who_runs_outreach_applies_one(self):
        with pytest.raises(NotAllowed):
            apply_policy(TIGHT, by=make_staff("executive"), now=NOW)

    @pytest.mark.django_db(transaction=True)
    def test_eight_who_apply_at_once_make_one_version(self):
        done = together([lambda: apply_policy(TIGHT, by=SYSTEM, now=NOW)] * 8)
        assert sorted(done) == [*[(1, False)] * 7, (1, True)]


class TestInviting:
    """Asking about something else than an encounter: a case that was closed."""

    @pytest.fixture
    def customer(self) -> int:
        (one,) = known(given("C1", PHONE))
        return one.id

    def test_makes_an_invitation_a_message_and_a_fact_and_no_decision(self, customer):
        judged = ask(customer, served_by=5, touchpoint_id=3)
        row = Invitation.objects.get()
        assert (row.pk, row.purpose, row.case_id, row.served_by) == (judged.invitation_id, "recovery", 7, 5)
        assert (row.interaction_id, row.touchpoint_id) == (None, 3)
        assert messages().get().invitation_id == row.pk
        assert not Decision.objects.exists()
        (fact,) = events(kind="outreach.invited")
        assert fact.data == {"invitation_id": row.pk, "customer_id": customer, "purpose": "recovery"}

    def test_stays_inside_the_limits_and_says_so(self, customer):
        take()
        judged = ask(customer)
        assert (judged.invited, judged.reason, judged.invitation_id) == (False, "gap", None)
        (fact,) = events(kind="outreach.not_invited")
        assert fact.data == {"customer_id": customer, "purpose": "recovery", "reason": "gap"}

    def test_waits_for_a_limit_that_is_soon_over(self, customer):
        """Solved and closed on the day of the call: asked the day after, and not forgotten."""
        take()
        dispatch.send_due(worker="test", clock=lambda: NOW)
        judged = ask(customer, now=NOW + timedelta(hours=3))
        assert judged.invited
        leaves = messages(invitation_id=judged.invitation_id).get().not_before
        assert NOW + timedelta(hours=24) <= leaves <= NOW + timedelta(hours=24, seconds=1)
        assert dispatch.send_due(worker="test", clock=lambda: leaves - timedelta(seconds=1)).sent == 0
        assert dispatch.send_due(worker="test", clock=lambda: leaves).sent == 1

    def test_does_not_wait_for_weeks(self, customer):
        for day in (0, 2):
            now = NOW + timedelta(days=day)
            take(day, now=now)
            dispatch.send_due(worker="test", clock=lambda now=now: now)
        judged = ask(customer, now=NOW + timedelta(days=4))
        assert (judged.invited, judged.reason) == (False, "scenario_limit")

    def test_is_safe_to_repeat(self, customer):
        first, again = ask(customer), ask(customer)
        assert first.invitation_id == again.invitation_id
        assert Invitation.objects.count() == messages().count() == 1
        assert len(events(kind="outreach.invited")) == 1

    @pytest.mark.django_db(transaction=True)
    def test_eight_at_once_make_one(self, customer):
        made = together([lambda: ask(customer)] * 8)
        assert len({one.invitation_id for one in made}) == 1
        assert Invitation.objects.count() == messages().count() == 1

    def test_leaves_when_it_is_told_to_and_otherwise_at_once(self, customer):
        later = NOW + timedelta(seconds=13)
        ask(customer, not_before=later)
        assert messages().get().not_before == later
        messages().delete()
        ask(customer, case_id=8)
        assert messages().get().not_before == NOW

    @pytest.mark.parametrize(
        ("state", "passed", "outcome"),
        [
            ("queued", timedelta(days=2), "the same"),
            ("sent", timedelta(hours=8) - timedelta(seconds=1), "the same"),
            ("unknown", timedelta(hours=8) - timedelta(seconds=1), "the same"),
            ("sent", timedelta(hours=8), "another"),  # it waits for the day to be over
            ("sent", timedelta(hours=25), "another"),
            ("unknown", timedelta(hours=25), "another"),
            ("answered", timedelta(hours=25), "another"),
            ("withdrawn", timedelta(hours=1), "another"),
            ("failed", timedelta(hours=1), "another"),
        ],
    )
    def test_asks_again_about_a_case_once_the_earlier_invitation_is_over(self, customer, state, passed, outcome):
        first = ask(customer)
        left = {"sent_at": NOW, "dies_at": NOW + timedelta(hours=8)} if state in ("sent", "unknown", "answered") else {}
        Invitation.objects.update(state=state, answered_at=NOW if state == "answered" else None, **left)
        message = {"state": "sent" if state == "answered" else state, "sent_at": NOW if left else None}
        messages().update(**message)
        again = ask(customer, now=NOW + passed)
        if outcome == "the same":
            assert again.invitation_id == first.invitation_id
        elif outcome == "another":
            assert again.invitation_id not in (None, first.invitation_id)
        else:
            assert (again.invitation_id, again.reason) == (None, outcome)

    def test_what_was_taken_back_does_not_count_against_asking_again(self, customer):
        first = ask(customer)
        take_back_about(case_id=7, reason="case_reopened", by=SYSTEM, now=NOW)
        again = ask(customer)
        assert again.invited
        assert again.invitation_id != first.invitation_id

    @pytest.mark.parametrize(
        ("changes", "code"), [({"customer_id": 12345}, "unknown_customer"), ({"scenario": "moon"}, "unknown_scenario")]
    )
    def test_nobody_and_nowhere_are_refused(self, customer, changes, code):
        with pytest.raises(Refused) as refused:
            ask(**{"customer_id": customer, **changes})
        assert refused.value.code == code

    def test_without_a_case_every_call_is_judged_anew(self, customer):
        assert ask(customer, case_id=None).invited
        assert not ask(customer, case_id=None).invited

    def test_a_survey_that_is_not_published_asks_nobody(self, customer):
        assert ask(customer, survey="nothing").reason == "no_survey"


class TestAsking:
    def test_what_an_invitation_asked_about(self):
        result = take()
        (one,) = known(given("C2", "13900139000"))
        other = ask(one.id)
        found = queries.asked_about([result.invitation or 0, other.invitation_id or 0], by=SYSTEM)
        assert found[result.invitation or 0].external_id == "call-1"
        assert found[result.invitation or 0].touchpoint == "hotline"
        assert (found[other.invitation_id or 0].external_id, found[other.invitation_id or 0].case_id) == (
            "recovery-7",
            7,
        )

    def test_invitations_come_newest_first_with_one_more_than_asked_for(self):
        ids = make_invitations(5)
        assert [card.id for card in queries.invitation_cards(by=SYSTEM, limit=3)] == ids[:0:-1]
        assert [card.id for card in queries.invitation_cards(by=SYSTEM, before=ids[2], limit=3)] == [ids[1], ids[0]]

    def test_a_decision_knows_its_invitation(self):
        result = take()
        card = queries.decisions_of([result.interaction or 0])[result.interaction or 0]
        assert (card.invited, card.invitation_id) == (True, result.invitation)
        assert journey_map().scenarios["hotline"].id == Decision.objects.get().scenario_id
