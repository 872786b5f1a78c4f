"""Questions about people: masked, cut by the viewer's units."""

import pytest
from django.test import RequestFactory
from django.utils import translation

from zhiyin.people import console, places, queries
from zhiyin.people.actions import pause_outreach, set_staff_active
from zhiyin.people.models import Staff
from zhiyin.people.testing import NOW, SYSTEM, given, known, make_staff, make_tree
from zhiyin.people.tree import OrganisationTree

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, int]:
    return make_tree()


class TestCustomers:
    def test_a_card_shows_enough_to_recognise_and_too_little_to_use(self):
        (one,) = known(given("crm-4711-x", "13800138000", "wang@example.com", name="王芳", brand="甲", segment="金卡"))
        card = queries.customer_cards([one.id, None, 12345], by=SYSTEM)[one.id]
        assert (card.name, card.phone, card.external_id) == ("王**", "138****8000", "cr***-x")
        assert (card.brand, card.segment, card.opted_out, card.is_erased) == ("甲", "金卡", False, False)

    def test_an_address_leaves_only_for_sending(self):
        (one,) = known(given("C1", "13800138000", "wang@example.com"))
        phone, mail = (queries.current_identity(one.id, channel) for channel in ("sms", "email"))
        assert phone is not None
        assert mail is not None
        assert queries.address_of(phone) == "+8613800138000"
        assert queries.addresses_of([mail, 5]) == {mail: "wang@example.com"}
        assert queries.address_of(5) is None

    def test_the_newest_mobile_is_the_one_in_use(self):
        (one,) = known(given("C1", "13800138000"))
        known(given("C1", "010-62345678"), now=NOW.replace(day=21))
        known(given("C1", "13900139000"), now=NOW.replace(day=22))
        found = queries.current_identity(one.id, "sms")
        assert found is not None
        assert queries.address_of(found) == "+8613900139000"
        assert [reach.reach for reach in queries.reaches([one.id])[one.id]] == ["mobile", "landline", "mobile"]

    def test_who_has_only_a_landline_has_no_mobile(self):
        (one,) = known(given("C1", "010-62345678"))
        assert queries.current_identity(one.id, "sms") is None
        assert queries.current_identity(one.id, "email") is None

    def test_groups_are_brand_and_segment(self):
        (one,) = known(given("C1", name="王芳", brand="甲", segment="金卡"))
        assert queries.customer_groups([one.id]) == {one.id: ("甲", "金卡")}


class TestStaff:
    def test_lists_are_cut_by_the_viewers_units(self, tree):
        lead = make_staff("team_lead", unit="N")
        inside, outside = make_staff(unit="N-1"), make_staff(unit="S-1")
        shown = {card.id for card in queries.staff_of(by=lead)}
        assert inside.staff_id in shown
        assert outside.staff_id not in shown
        assert {card.id for card in queries.staff_of(by=lead, roles=["team_lead"])} == {lead.staff_id}
        codes = dict(Staff.objects.values_list("pk", "code"))
        wanted = [str(codes[by.staff_id or 0]) for by in (inside, outside)]
        assert {card.id for card in queries.staff_by_code(wanted, by=lead).values()} == {inside.staff_id}
        assert queries.staff_by_code([], by=lead) == {}

    def test_who_is_locked_out_is_not_offered_and_not_written_to(self, tree):
        by = make_staff()
        assert by.staff_id in queries.staff_addresses([by.staff_id or 0])
        set_staff_active(by.staff_id or 0, active=False, by=SYSTEM, now=NOW)
        assert by.staff_id not in {card.id for card in queries.staff_of(by=SYSTEM)}
        assert queries.staff_addresses([by.staff_id or 0]) == {}
        assert queries.staff_cards([by.staff_id, None])[by.staff_id or 0].unit_id == tree["N-1"]


class TestUnits:
    def test_the_viewers_part_of_the_tree_in_tree_order(self, tree):
        by = make_staff("team_lead", unit="N")
        assert [(unit.code, unit.depth) for unit in queries.units_of(by=by)] == [("N", 1), ("N-1", 2)]
        assert [unit.code for unit in queries.units_of(by=SYSTEM)] == ["HQ", "N", "N-1", "S", "S-1"]

    def test_codes_are_looked_up_within_the_viewers_units(self, tree):
        by = make_staff("team_lead", unit="N")
        assert places.unit_ids(["N-1", "S-1", "nowhere"], by=by) == {"N-1": tree["N-1"]}
        assert places.root_unit() == tree["HQ"]
        assert queries.unit_codes([tree["N"], 999]) == {tree["N"]: "N"}
        assert queries.unit_names([tree["N"]], "en") == {tree["N"]: "North"}

    def test_the_question_language_reads_the_tree(self, tree):
        organisation = OrganisationTree()
        assert organisation.below("N") == {tree["N"], tree["N-1"]}
        assert organisation.below("nowhere") is None
        assert organisation.codes([tree["S"]]) == {tree["S"]: "S"}
        by = make_staff()
        code = Staff.objects.get(pk=by.staff_id).code
        assert organisation.staff_codes([by.staff_id or 0]) == {by.staff_id: code}

    def test_a_fresh_installation_has_no_root_and_no_organisation(self):
        assert queries.root_unit_code() == ""
        assert places.root_unit() == 0
        assert queries.organisation() is None


class TestFrame:
    """What the console's frame is told."""

    def request(self, by=None):
        request = RequestFactory().get("/")
        request.user = Staff.objects.get(pk=by.staff_id) if by else Staff()
        return request

    def test_the_organisation_and_the_viewers_part_of_it(self, tree):
        with translation.override("en"):
            request = self.request(make_staff(unit="N"))
            assert (console.organisation_name(request), console.scope(request)) == ("Cloudbridge", "North")

    def test_nothing_before_there_is_anything(self):
        request = self.request()
        assert (console.organisation_name(request), console.scope(request), console.paused(request)) == ("", "", "")

    @pytest.mark.parametrize("is_staff", [True, False])
    def test_a_pause_names_who_and_why(self, tree, is_staff):
        by = make_staff("quality_manager") if is_staff else SYSTEM
        pause_outreach(reason="网关故障", by=by, now=NOW)
        name = Staff.objects.get(pk=by.staff_id).name if is_staff else "system:test"
        with translation.override("en"):
            said = console.paused(self.request(make_staff()))
        assert name in said
        assert "网关故障" in said

    def test_preferences_are_kept_in_the_profile(self, tree):
        by = make_staff()
        console.remember(self.request(by), {"theme": "dark", "language": "en", "other": "x"})
        row = Staff.objects.get(pk=by.staff_id)
        assert (row.theme, row.language) == ("dark", "en")
        console.remember(self.request(by), {"theme": "pink"})
        assert Staff.objects.get(pk=by.staff_id).theme == "dark"
