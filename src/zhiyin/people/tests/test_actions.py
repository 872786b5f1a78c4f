"""Verbs about units, staff and customers: what they refuse, and that each leaves a fact."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password

from tests.threads import together
from zhiyin.ledger.queries import events
from zhiyin.lib.errors import NotAllowed, NotFound, Refused
from zhiyin.lib.text import both
from zhiyin.people import actions
from zhiyin.people.access import Viewer, viewer_by_id
from zhiyin.people.actions import StaffGiven, UnitGiven, put_staff, put_unit
from zhiyin.people.models import Customer, Organisation, Staff, Unit
from zhiyin.people.queries import organisation
from zhiyin.people.testing import NOW, PASSWORD, SYSTEM, given, known, make_staff, make_tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, int]:
    return make_tree()


def unit(code: str, parent: str = "", name: str = "名") -> UnitGiven:
    return UnitGiven(code, both(name, name), "team", parent)


class TestFounding:
    def test_there_is_one_organisation(self, tree):
        with pytest.raises(actions.AlreadyFounded):
            actions.found_organisation(name=both("二", "Two"), pack="hotel", by=SYSTEM, now=NOW)
        assert Organisation.objects.count() == 1


class TestUnits:
    def test_a_tree_of_any_depth_knows_its_paths(self, tree):
        row = Unit.objects.get(code="N-1")
        assert row.path == f"/{tree['HQ']}/{tree['N']}/{tree['N-1']}/"

    @pytest.mark.parametrize(
        ("given", "done"),
        [
            (unit("N-2", "N"), "created"),
            (UnitGiven("N-1", both("北一班", "North 1"), "team", "N"), "duplicate"),
            (UnitGiven("N-1", both("北一组", "North 1"), "team", "N"), "updated"),
            (UnitGiven("N-1", both("北一班", "North 1"), "group", "N"), "updated"),
            (UnitGiven("N-1", both("北一班", "North 1"), "team", "S"), "updated"),
        ],
    )
    def test_a_unit_is_created_updated_or_a_duplicate(self, tree, given, done):
        assert put_unit(given, by=SYSTEM, now=NOW)[1] == done

    def test_a_duplicate_leaves_no_fact(self, tree):
        before = len(events(kind="people.unit_changed"))
        put_unit(UnitGiven("N-1", both("北一班", "North 1"), "team", "N"), by=SYSTEM, now=NOW)
        assert len(events(kind="people.unit_changed")) == before

    def test_a_unit_that_moves_takes_everything_below_it_along(self, tree):
        put_unit(UnitGiven("N", both("北区", "North"), "team", "S"), by=SYSTEM, now=NOW)
        assert Unit.objects.get(code="N-1").path == f"/{tree['HQ']}/{tree['S']}/{tree['N']}/{tree['N-1']}/"

    def test_a_unit_cannot_stand_below_itself(self, tree):
        for below in ("N", "N-1"):
            with pytest.raises(Refused) as refused:
                put_unit(unit("N", below), by=SYSTEM, now=NOW)
            assert refused.value.code == "unit_cycle"

    def test_there_is_one_root(self, tree):
        with pytest.raises(Refused) as refused:
            put_unit(unit("Z"), by=SYSTEM, now=NOW)
        assert refused.value.code == "second_root"

    def test_a_parent_must_be_there(self, tree):
        with pytest.raises(NotFound):
            put_unit(unit("Z", "nowhere"), by=SYSTEM, now=NOW)

    @pytest.mark.parametrize("given", [unit("Z", "S"), unit("S-1", "N"), unit("N", "HQ"), unit("HQ")])
    def test_an_administrator_of_a_branch_touches_nothing_outside_it(self, tree, given):
        with pytest.raises(NotFound):
            put_unit(given, by=make_staff("administrator", unit="N"), now=NOW)

    def test_only_who_manages_people_may(self, tree):
        with pytest.raises(NotAllowed):
            put_unit(unit("Z", "N"), by=make_staff("quality_manager", unit="HQ"), now=NOW)


class TestStaff:
    def test_somebody_new_with_a_password_may_sign_in(self, tree):
        key, done = put_staff(
            StaffGiven("周敏", "N-1", email="ZHOU@example.com", password=PASSWORD), by=SYSTEM, now=NOW
        )
        row = Staff.objects.get(pk=key)
        assert (done, row.email, row.is_active) == ("created", "zhou@example.com", True)
        assert check_password(PASSWORD, row.password)

    def test_somebody_without_a_password_may_not(self, tree):
        key, _done = put_staff(StaffGiven("周敏", "N-1", code="A1"), by=SYSTEM, now=NOW)
        assert not Staff.objects.get(pk=key).has_usable_password()

    @pytest.mark.parametrize(
        ("given", "done"),
        [
            (StaffGiven("周敏", "N-1", code="A1", email="z@example.com"), "duplicate"),
            (StaffGiven("周敏", "N-1", code="A1"), "duplicate"),
            (StaffGiven("周敏", "N-1", email="Z@example.com"), "duplicate"),
            (StaffGiven("周小敏", "N-1", code="A1"), "updated"),
            (StaffGiven("周敏", "S-1", code="A1"), "updated"),
            (StaffGiven("周敏", "N-1", code="A1", role="team_lead"), "updated"),
            (StaffGiven("周敏", "N-1", code="A1", password=PASSWORD), "updated"),
            (StaffGiven("周敏", "N-1", code="A1", email="new@example.com"), "updated"),
            (StaffGiven("刘洋", "N-1", code="A2"), "created"),
        ],
    )
    def test_staff_are_found_by_code_or_e_mail(self, tree, given, done):
        put_staff(StaffGiven("周敏", "N-1", code="A1", email="z@example.com"), by=SYSTEM, now=NOW)
        assert put_staff(given, by=SYSTEM, now=NOW)[1] == done
        assert Staff.objects.count() == (2 if done == "created" else 1)

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            (StaffGiven("周敏", "N-1"), "staff_unnamed"),
            (StaffGiven("  ", "N-1", code="A9"), "staff_unnamed"),
            (StaffGiven("周敏", "N-1", code="A9", role="boss"), "unknown_role"),
            (StaffGiven("周敏", "nowhere", code="A9"), "not_found"),
            (StaffGiven("周敏", "N-1", code="A9", password="short"), "weak_password"),
            (StaffGiven("周敏", "N-1", code="A9", password="password123"), "weak_password"),
            (StaffGiven("周敏", "N-1", code="A9", password="x" * 129), "weak_password"),
            (StaffGiven("周敏", "N-1", code="A1", email="b@example.com"), "staff_two"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(self, tree, given, code):
        put_staff(StaffGiven("甲", "N-1", code="A1"), by=SYSTEM, now=NOW)
        put_staff(StaffGiven("乙", "N-1", email="b@example.com"), by=SYSTEM, now=NOW)
        with pytest.raises(Refused) as refused:
            put_staff(given, by=SYSTEM, now=NOW)
        assert refused.value.code == code
        assert Staff.objects.count() == 2

    def test_a_branchs_administrator_cannot_take_over_another_branchs_people(self, tree):
        """Else a new password for a known e-mail address would open another branch's account."""
        victim = make_staff("administrator", unit="S")
        email = Staff.objects.get(pk=victim.staff_id).email or ""
        with pytest.raises(Refused) as refused:
            put_staff(
                StaffGiven("我", "N-1", "administrator", email=email, password=PASSWORD),
                by=make_staff("administrator", unit="N"),
                now=NOW,
            )
        assert refused.value.code == "staff_taken"
        assert viewer_by_id(victim.staff_id or 0).unit_id == tree["S"]

    @pytest.mark.parametrize("role", ["agent", "team_lead", "quality_manager", "executive", "auditor"])
    def test_nobody_below_an_administrator_grants_a_role(self, tree, role):
        with pytest.raises(NotAllowed):
            put_staff(StaffGiven("我", "N-1", "administrator", code="A9"), by=make_staff(role, unit="HQ"), now=NOW)

    def test_the_fact_says_what_changed_and_no_password(self, tree):
        put_staff(StaffGiven("周敏", "N-1", code="A1", password=PASSWORD), by=SYSTEM, now=NOW)
        (fact,) = events(kind="people.staff_changed", limit=0)
        assert fact.data["changed"] == {"role": "agent", "unit": "N-1", "password": "set"}
        assert PASSWORD not in str(fact)


class TestTheLastAdministrator:
    @pytest.fixture
    def only(self, tree) -> Viewer:
        return make_staff("administrator", unit="HQ", password=PASSWORD)

    def test_cannot_be_locked_out(self, only):
        with pytest.raises(Refused) as refused:
            actions.set_staff_active(only.staff_id or 0, active=False, by=only, now=NOW)
        assert refused.value.code == "last_admin"

    def test_cannot_be_made_something_else(self, only):
        email = Staff.objects.get(pk=only.staff_id).email or ""
        with pytest.raises(Refused) as refused:
            put_staff(StaffGiven("我", "HQ", "agent", email=email), by=only, now=NOW)
        assert refused.value.code == "last_admin"

    def test_may_go_once_there_is_another(self, only):
        make_staff("administrator", unit="HQ", password=PASSWORD)
        actions.set_staff_active(only.staff_id or 0, active=False, by=only, now=NOW)
        assert not Staff.objects.get(pk=only.staff_id).is_active
        assert viewer_of_staff(only).permissions == frozenset()

    def test_somebody_who_is_locked_out_does_not_count(self, only):
        other = make_staff("administrator", unit="HQ", password=PASSWORD)
        actions.set_staff_active(other.staff_id or 0, active=False, by=only, now=NOW)
        with pytest.raises(Refused):
            actions.set_staff_active(only.staff_id or 0, active=False, by=only, now=NOW)
        actions.set_staff_active(other.staff_id or 0, active=True, by=only, now=NOW)

    @pytest.mark.django_db(transaction=True)
    def test_two_cannot_lock_each_other_out_at_once(self, only):
        other = make_staff("administrator", unit="HQ", password=PASSWORD)

        def lock_out(whom: Viewer, by: Viewer) -> str:
            try:
                actions.set_staff_active(whom.staff_id or 0, active=False, by=by, now=NOW)
            except Refused as refused:
                return refused.code
            return "done"

        done = together([lambda: lock_out(other, only), lambda: lock_out(only, other)])
        assert sorted(done) == ["done", "last_admin"]

    def test_who_belongs_to_another_branch_is_not_there(self, tree):
        outsider = make_staff(unit="S-1")
        with pytest.raises(NotFound):
            actions.set_staff_active(
                outsider.staff_id or 0, active=False, by=make_staff("administrator", unit="N"), now=NOW
            )


def viewer_of_staff(by: Viewer) -> Viewer:
    from zhiyin.people.access import viewer_of  # noqa: PLC0415  (only here)

    return viewer_of(Staff.objects.get(pk=by.staff_id))


def test_away_is_noted_once(tree):
    by = make_staff()
    for away in (True, True, False):
        actions.set_away(by.staff_id or 0, away=away, by=by, now=NOW)
    assert [fact.data["changed"] for fact in events(subject=f"staff:{by.staff_id}")[:2]] == [
        {"away": "no"},
        {"away": "yes"},
    ]
    assert not Staff.objects.get(pk=by.staff_id).is_away


class TestOptingOut:
    def test_counts_once_and_leaves_one_fact(self):
        (one,) = known(given("C1"))
        assert actions.opt_out(one.id, via="sms", by=SYSTEM, now=NOW)
        assert not actions.opt_out(one.id, via="sms", by=SYSTEM, now=NOW + timedelta(days=1))
        assert Customer.objects.get().opted_out_at == NOW
        assert len(events(kind="people.opted_out")) == 1

    def test_an_import_cannot_revive_it(self):
        (one,) = known(given("C1", "13800138000"))
        actions.opt_out(one.id, via="sms", by=SYSTEM, now=NOW)
        for again in (given("C1", "13900139000", brand="新"), given("C7", "13800138000")):
            assert actions.put_customers([again], by=SYSTEM, now=NOW) == ["updated"]
        (same,) = known(given("C7"))
        assert (same.id, same.opted_out) == (one.id, True)

    def test_an_old_link_of_a_merged_customer_speaks_for_the_whole_person(self):
        older, younger = known(given("C1"), given("C2", "13800138000"))
        known(given("C1", "13800138000"))
        assert actions.opt_out(younger.id, via="survey page", by=SYSTEM, now=NOW)
        assert Customer.objects.get(pk=older.id).opted_out_at == NOW
        assert events(kind="people.opted_out")[0].data["customer_id"] == older.id

    def test_nobody_opts_out_nobody(self):
        assert not actions.opt_out(12345, via="sms", by=SYSTEM, now=NOW)
        assert not events(kind="people.opted_out")


class TestErasing:
    def test_leaves_one_fact_and_cannot_be_done_twice(self):
        (one,) = known(given("C1"))
        actions.erase(one.id, by=SYSTEM, now=NOW)
        for key in (one.id, 12345):
            with pytest.raises(NotFound):
                actions.erase(key, by=SYSTEM, now=NOW)
        assert len(events(kind="people.customer_erased")) == 1


class TestRevealing:
    @pytest.fixture
    def customer(self, tree) -> int:
        (one,) = known(given("C1", "13800138000"))
        return one.id

    def reveal(self, customer: int, by: Viewer, *, reason: str = "回访", now=NOW) -> str:
        return actions.reveal_contact(customer, reason=reason, by=by, now=now)

    def test_the_full_number_is_shown_and_the_look_is_recorded(self, customer):
        by = make_staff()
        assert self.reveal(customer, by) == "+8613800138000"
        (fact,) = events(kind="people.contact_revealed")
        assert (fact.actor, fact.subject) == (by.actor, f"customer:{customer}")
        assert fact.data == {"customer_id": customer, "reason": "回访"}

    def test_a_reason_is_needed(self, customer):
        with pytest.raises(Refused) as refused:
            self.reveal(customer, make_staff(), reason="  ")
        assert refused.value.code == "reason_missing"
        assert not events(kind="people.contact_revealed")

    def test_only_a_role_that_may(self, customer):
        with pytest.raises(NotAllowed):
            self.reveal(customer, make_staff("executive"))

    def test_the_thirty_first_in_an_hour_is_refused_and_recorded(self, customer):
        by = make_staff()
        for number in range(actions.REVEALS_PER_HOUR):
            self.reveal(customer, by, now=NOW + timedelta(minutes=number))
        late = NOW + timedelta(minutes=59)
        with pytest.raises(actions.TooManyReveals) as refused:
            self.reveal(customer, by, now=late)
        assert (refused.value.status, refused.value.code) == (429, "too_many_reveals")
        assert events(kind="people.contact_revealed")[0].data["reason"] == "refused: 回访"
        assert self.reveal(customer, make_staff(), now=late) == "+8613800138000"  # a colleague has an hour of their own
        assert self.reveal(customer, by, now=late + timedelta(hours=1)) == "+8613800138000"

    @pytest.mark.django_db(transaction=True)
    def test_who_asks_eight_times_at_once_at_the_limit_gets_no_number_too_many(self, customer):
        by = make_staff()
        left = 2
        for _ in range(actions.REVEALS_PER_HOUR - left):
            self.reveal(customer, by)

        def look() -> str:
            try:
                return self.reveal(customer, by)
            except actions.TooManyReveals as refused:
                return refused.code

        found = together([look] * 8)
        assert sorted(found) == ["+8613800138000"] * left + ["too_many_reveals"] * (8 - left)
        assert len(events(kind="people.contact_revealed")) == actions.REVEALS_PER_HOUR - left + 8

    def test_a_merged_customer_is_reached_under_the_old_number_too(self, tree):
        older, younger = known(given("C1"), given("C2", "13800138000"))
        known(given("C1", "13800138000"))
        assert self.reveal(younger.id, make_staff()) == self.reveal(older.id, make_staff()) == "+8613800138000"

    @pytest.mark.parametrize("person", [given("C9"), given("C9", "010-62345678")], ids=["no phone", "a landline"])
    def test_who_has_no_mobile_number_cannot_be_revealed(self, tree, person):
        (one,) = known(person)
        with pytest.raises(NotFound):
            self.reveal(one.id, make_staff())

    def test_who_was_erased_cannot_be_revealed(self, customer):
        actions.erase(customer, by=SYSTEM, now=NOW)
        with pytest.raises(NotFound):
            self.reveal(customer, make_staff())


class TestPausing:
    def test_a_pause_says_who_and_why_until_it_ends(self, tree):
        by = make_staff("quality_manager")
        actions.pause_outreach(reason=" 网关故障 ", by=by, now=NOW)
        found = organisation()
        assert found is not None
        assert (found.is_paused, found.paused_by, found.pause_reason) == (True, by.actor, "网关故障")
        actions.resume_outreach(by=by, now=NOW)
        found = organisation()
        assert found is not None
        assert (found.is_paused, found.paused_by, found.pause_reason) == (False, "", "")

    def test_a_pause_needs_a_reason_and_the_right(self, tree):
        with pytest.raises(Refused, match="paused|暂停"):
            actions.pause_outreach(reason=" ", by=make_staff("quality_manager"), now=NOW)
        for verb in (lambda by: actions.pause_outreach(reason="x", by=by, now=NOW), self.resume):
            with pytest.raises(NotAllowed):
                verb(make_staff("executive"))

    @staticmethod
    def resume(by: Viewer) -> None:
        actions.resume_outreach(by=by, now=NOW)


class TestBringingCustomersIn:
    def test_each_row_is_created_updated_or_a_duplicate(self):
        rows = [given("C1", brand="甲"), given("C2"), given("C1", brand="甲")]
        assert actions.put_customers(rows, by=SYSTEM, now=NOW) == ["created", "created", "duplicate"]
        assert actions.put_customers(rows, by=SYSTEM, now=NOW) == ["duplicate"] * 3
        assert actions.put_customers([given("C1", brand="乙"), given("C2")], by=SYSTEM, now=NOW) == [
            "updated",
            "duplicate",
        ]

    def test_the_fact_counts_and_names_nobody(self):
        actions.put_customers([given("C1", name="王芳"), given("C2")], by=SYSTEM, now=NOW)
        (fact,) = events(kind="people.customers_imported")
        assert fact.data == {"count": 2}
