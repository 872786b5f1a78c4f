"""Who is this? One person behind several ids and phones, found, created, merged, remembered."""

from datetime import timedelta

import pytest
from django.db import transaction

from zhiyin.ledger.queries import events
from zhiyin.lib.crypto import Unreadable
from zhiyin.people.actions import erase, opt_out
from zhiyin.people.identify import find_customer, lock_customers
from zhiyin.people.models import Customer, Identity
from zhiyin.people.queries import customer_cards, merged_ids, now_are, reaches
from zhiyin.people.testing import NOW, SYSTEM, given, known
from zhiyin.people.vault import identity_place, name_place, vault

PHONE, OTHER_PHONE = "13800138000", "13900139000"
pytestmark = pytest.mark.django_db


def facts(kind: str) -> int:
    return len(events(kind=kind))


class TestFinding:
    def test_a_stranger_becomes_a_customer(self):
        (one,) = known(given("C1", PHONE, name="王芳", brand="全球通", segment="金卡"))
        assert (one.is_new, one.brand, one.segment, one.opted_out) == (True, "全球通", "金卡", False)
        assert Customer.objects.get().pk == one.id

    def test_the_same_again_is_the_same_person_and_nothing_is_learned(self):
        (first,) = known(given("C1", PHONE, brand="全球通"))
        (again,) = known(given("C1", PHONE, brand="全球通"))
        assert (again.id, again.is_new, again.is_changed) == (first.id, False, False)

    @pytest.mark.parametrize(
        "again",
        [
            pytest.param(given("C2", "+86 138-0013-8000"), id="two ids with one phone"),
            pytest.param(given("C1", OTHER_PHONE), id="two phones with one id"),
            pytest.param(given("C3", email="WANG@example.com"), id="one e-mail, however it is written"),
            pytest.param(given("", "１３８００１３８０００"), id="a phone alone, in full-width digits"),
        ],
    )
    def test_whoever_shares_a_handle_is_the_same_person(self, again):
        (first,) = known(given("C1", PHONE, "wang@example.com"))
        (second,) = known(again)
        assert second.id == first.id
        assert Customer.objects.count() == 1

    def test_a_batch_of_nobody_is_nobody(self):
        assert known() == []

    def test_people_of_one_batch_who_share_a_phone_are_one(self):
        first, second, third = known(given("C1"), given("C2", PHONE), given("C1", PHONE))
        assert first.id == second.id == third.id
        assert Customer.objects.count() == 1
        assert facts("people.customers_merged") == 0  # nobody was known before, so nobody was merged
        assert set(Identity.objects.values_list("first_customer_id", flat=True)) == {first.id}

    def test_an_id_a_phone_and_an_e_mail_of_the_same_letters_are_three_things(self):
        people = known(given("13800138000"), given("", PHONE))
        assert len({one.id for one in people}) == 2

    def test_find_customer_knows_only_who_is_there(self):
        (one,) = known(given("C1"))
        assert find_customer("external", "C1") == one.id
        assert find_customer("external", "c1") is None
        assert find_customer("phone", "C1") is None


class TestLearning:
    def test_brand_and_segment_follow_the_newest_word(self):
        known(given("C1", brand="全球通", segment="金卡"))
        (again,) = known(given("C1", segment="银卡"))
        assert (again.brand, again.segment, again.is_changed) == ("全球通", "银卡", True)
        assert Customer.objects.values_list("brand", "segment").get() == ("全球通", "银卡")

    def test_a_name_is_set_once(self):
        (first,) = known(given("C1"))
        assert customer_cards([first.id], by=SYSTEM)[first.id].name == ""
        (again,) = known(given("C1", name="王芳"))
        assert again.is_changed
        (third,) = known(given("C1", name="李娜"))
        assert not third.is_changed
        assert customer_cards([first.id], by=SYSTEM)[first.id].name == "王**"

    def test_a_new_phone_of_somebody_known_is_something_learned(self):
        known(given("C1"))
        (again,) = known(given("C1", PHONE))
        assert again.is_changed


class TestSealing:
    def test_nothing_that_names_a_person_stands_in_the_tables(self):
        (one,) = known(given("C1-secret", PHONE, "wang@example.com", name="王芳"))
        stored = repr(list(Identity.objects.values_list())) + repr(list(Customer.objects.values_list()))
        for secret in ("C1-secret", PHONE, "wang@example.com", "王芳"):
            assert secret not in stored
            assert secret.encode().hex() not in stored
        assert vault().open(bytes(Customer.objects.get().name_sealed or b""), place=name_place(one.id)) == "王芳"

    def test_a_phone_moved_to_another_row_does_not_open(self):
        known(given("C1", PHONE), given("C2", OTHER_PHONE))
        mine, yours = Identity.objects.filter(kind="phone").order_by("id")
        assert vault().open(bytes(mine.value_sealed), place=identity_place(mine.pk)) in (
            "+8613800138000",
            "+8613900139000",
        )
        with pytest.raises(Unreadable):
            vault().open(bytes(mine.value_sealed), place=identity_place(yours.pk))

    def test_a_name_moved_to_another_row_does_not_open(self):
        (one,) = known(given("C1", name="王芳"))
        sealed = bytes(Customer.objects.get().name_sealed or b"")
        for place in (name_place(one.id + 1), identity_place(one.id)):
            with pytest.raises(Unreadable):
                vault().open(sealed, place=place)


class TestMerging:
    def test_a_shared_phone_merges_the_younger_into_the_older(self):
        older, younger = known(given("C1"), given("C2", PHONE))
        assert older.id < younger.id
        (one,) = known(given("C1", PHONE))
        assert one.id == older.id
        assert now_are([older.id, younger.id]) == {younger.id: older.id}
        assert set(Identity.objects.values_list("customer_id", flat=True)) == {older.id}
        assert facts("people.customers_merged") == 1

    def test_a_merge_remembers_whose_each_handle_was(self):
        older, younger = known(given("C1"), given("C2", PHONE))
        known(given("C1", PHONE))
        was = dict(Identity.objects.values_list("kind", "first_customer_id").filter(kind="phone"))
        assert was == {"phone": younger.id}

    def test_merges_of_merges_end_in_one_step(self):
        first, second, third = known(given("C1"), given("C2", PHONE), given("C3", OTHER_PHONE))
        known(given("C2", OTHER_PHONE))
        known(given("C1", PHONE))
        assert merged_ids([first.id]) == {second.id: first.id, third.id: first.id}
        assert merged_ids([second.id]) == {}

    def test_three_become_one_in_one_go(self):
        people = known(given("C1"), given("C2", PHONE), given("C3", "", "w@example.com"))
        (one,) = known(given("C1", PHONE, "w@example.com"))
        assert one.id == people[0].id
        assert set(now_are([person.id for person in people]).values()) == {one.id}

    def test_an_opt_out_of_either_holds_for_the_whole_person(self):
        older, younger = known(given("C1"), given("C2", PHONE))
        assert opt_out(younger.id, via="test", by=SYSTEM, now=NOW)
        (one,) = known(given("C1", PHONE))
        assert one.opted_out
        (again,) = known(given("C2"))
        assert (again.id, again.opted_out) == (older.id, True)

    @pytest.mark.parametrize("field", ["is_internal", "is_minor"])
    def test_what_forbids_a_message_to_one_forbids_it_to_the_whole_person(self, field):
        older, younger = known(given("C1"), given("C2", PHONE))
        Customer.objects.filter(pk=younger.id).update(**{field: True})
        (one,) = known(given("C1", PHONE))
        assert getattr(one, field)
        assert getattr(Customer.objects.get(pk=older.id), field)

    def test_a_name_known_only_to_the_younger_is_kept_and_opens_in_its_new_place(self):
        older, _younger = known(given("C1"), given("C2", PHONE, name="王芳"))
        known(given("C1", PHONE))
        assert customer_cards([older.id], by=SYSTEM)[older.id].name == "王**"

    def test_the_older_name_stays_when_both_have_one(self):
        older, _younger = known(given("C1", name="李娜"), given("C2", PHONE, name="王芳"))
        known(given("C1", PHONE))
        assert customer_cards([older.id], by=SYSTEM)[older.id].name == "李**"

    def test_a_clock_behind_ours_does_not_make_a_stranger_the_older_one(self):
        (first,) = known(given("C1", PHONE))
        (again,) = known(given("C2", PHONE), now=NOW - timedelta(days=900))
        assert again.id == first.id
        assert Customer.objects.count() == 1


class TestLocking:
    def test_a_former_id_locks_who_they_are_now(self):
        older, younger = known(given("C1"), given("C2", PHONE))
        known(given("C1", PHONE))
        with transaction.atomic():
            locked = lock_customers([younger.id, older.id, 12345])
        assert {asked: one.id for asked, one in locked.items()} == {younger.id: older.id, older.id: older.id}


class TestForgetting:
    def test_an_erased_person_leaves_only_keyed_hashes(self):
        (one,) = known(given("C1", PHONE, name="王芳"))
        erase(one.id, by=SYSTEM, now=NOW)
        row = Customer.objects.get()
        assert (row.name_sealed, row.erased_at, row.opted_out_at) == (None, NOW, NOW)
        for sealed, masked, reach in Identity.objects.values_list("value_sealed", "masked", "reach"):
            assert (bytes(sealed), masked, reach) == (b"", "", "")
        assert reaches([one.id]) == {}
        card = customer_cards([one.id], by=SYSTEM)[one.id]
        assert (card.name, card.phone, card.external_id, card.is_erased) == ("", "", "", True)

    @pytest.mark.parametrize("again", [given("C1"), given("C9", PHONE)], ids=["same id", "same phone"])
    def test_an_erased_person_who_is_imported_again_is_still_not_written_to(self, again):
        (one,) = known(given("C1", PHONE))
        erase(one.id, by=SYSTEM, now=NOW)
        (back,) = known(again)
        assert (back.id, back.opted_out) == (one.id, True)

    def test_who_was_forgotten_is_not_learned_again(self):
        (one,) = known(given("C1", name="王芳"))
        erase(one.id, by=SYSTEM, now=NOW)
        (back,) = known(given("C1", name="王芳", brand="全球通"))
        assert not back.is_changed
        assert Customer.objects.values_list("name_sealed", "brand").get() == (None, "")

    def test_erasing_forgets_the_former_customers_too(self):
        older, younger = known(given("C1", name="李娜"), given("C2", PHONE, name="王芳"))
        known(given("C1", PHONE))
        erase(younger.id, by=SYSTEM, now=NOW)  # by either id
        assert list(Customer.objects.values_list("name_sealed", "erased_at")) == [(None, NOW), (None, NOW)]
