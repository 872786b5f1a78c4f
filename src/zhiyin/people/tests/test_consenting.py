"""Refusing, agreeing, being forgotten: what each needs, what it leaves behind, and what it can never do."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.threads import together
from zhiyin.ledger.queries import events
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.people import consenting
from zhiyin.people.actions import Proof, erase, opt_out, record_consent, refuse_by_address, set_flag
from zhiyin.people.identify import identify, lock_customers
from zhiyin.people.models import Consent, Customer, Identity
from zhiyin.people.queries import preferences, reaches
from zhiyin.people.rules import EVERYTHING, Basis, Flag, Purpose
from zhiyin.people.testing import NOW, SYSTEM, given, known

PHONE = "13800138000"
E164 = "+8613800138000"
pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def proof(said_at: datetime = LATER, **more: object) -> Proof:
    return Proof(source="电话回访", said_at=said_at, **more)  # type: ignore[arg-type]  # the fields of a proof


def refuse(customer: int, *purposes: Purpose, now: datetime = NOW) -> bool:
    return opt_out(customer, purposes=purposes or tuple(Purpose), via="link", by=SYSTEM, now=now)


def agree(customer: int, *purposes: Purpose, now: datetime = LATER, said: Proof | None = None) -> bool:
    return record_consent(customer, purposes=purposes, proof=said or proof(), by=SYSTEM, now=now)


@pytest.fixture
def customer() -> int:
    return known(given("C1", PHONE))[0].id


def row(customer: int) -> Customer:
    return Customer.objects.get(pk=customer)


def allowed(customer: int) -> set[str]:
    found = preferences(customer)
    assert found is not None
    return {str(one.purpose) for one in found.purposes if one.is_on}


class TestRefusing:
    def test_everything_is_refused_at_once_and_only_once(self, customer):
        assert refuse(customer)
        assert not refuse(customer, now=LATER)
        assert (row(customer).refuses, row(customer).opted_out_at) == (EVERYTHING, NOW)
        assert len(events(kind="people.opted_out")) == 1
        assert Consent.objects.count() == 3

    def test_one_purpose_leaves_the_others(self, customer):
        assert refuse(customer, Purpose.CARE)
        assert allowed(customer) == {"survey"}
        assert row(customer).opted_out_at is None
        assert not events(kind="people.opted_out")
        (fact,) = events(kind="people.purposes_refused")
        assert fact.data == {"customer_id": customer, "via": "link", "purposes": ["care"]}

    def test_the_hot_path_reads_it_from_the_row_that_it_locks(self, customer, django_assert_num_queries):
        refuse(customer, Purpose.SURVEY)
        with transaction.atomic(), django_assert_num_queries(3):  # savepoint, the row, release: as before
            person = lock_customers([customer])[customer]
        assert (person.opted_out, person.may_be_sent(Purpose.SURVEY), person.may_be_sent(Purpose.CARE)) == (
            True,
            False,
            True,
        )

    def test_finding_somebody_costs_what_it_cost_before(self, customer, django_assert_num_queries):
        with transaction.atomic(), django_assert_num_queries(4):  # handles, savepoint, rows, release
            identify([given("C1", PHONE)], by=SYSTEM, now=NOW)

    def test_who_refused_care_may_still_be_surveyed(self, customer):
        refuse(customer, Purpose.CARE)
        (again,) = known(given("C1"))
        assert not again.opted_out

    def test_nobody_refuses_nothing(self):
        assert not refuse(12345)
        assert not Consent.objects.exists()

    def test_the_row_cannot_say_one_thing_and_the_bits_another(self, customer):
        with pytest.raises(IntegrityError), transaction.atomic():
            Customer.objects.filter(pk=customer).update(opted_out_at=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            Customer.objects.filter(pk=customer).update(refuses=EVERYTHING)


class TestAgreeing:
    def test_only_a_word_from_after_the_refusal_counts(self, customer):
        refuse(customer)
        for said_at in (NOW - timedelta(days=1), NOW):
            with pytest.raises(consenting.ConsentTooOld) as refused:
                agree(customer, Purpose.SURVEY, said=proof(said_at))
            assert refused.value.code == "consent_older_than_refusal"
        assert allowed(customer) == set()
        assert agree(customer, Purpose.SURVEY)
        assert allowed(customer) == {"survey"}
        assert row(customer).opted_out_at is None

    def test_the_proof_is_kept_and_told(self, customer):
        said = proof(text_version="2026-11", place="营业厅 12", reference="录音 88")
        agree(customer, Purpose.RESEARCH, said=said)
        kept = Consent.objects.get()
        assert (
            kept.basis,
            kept.given_at,
            kept.source,
            kept.text_version,
            kept.place,
            kept.proof,
            kept.recorded_by,
        ) == (
            "consent",
            LATER,
            "电话回访",
            "2026-11",
            "营业厅 12",
            "录音 88",
            SYSTEM.actor,
        )
        assert allowed(customer) == {"survey", "care", "research"}
        (fact,) = events(kind="people.consent_given")
        assert (fact.data["purposes"], fact.data["source"]) == (["research"], "电话回访")

    @pytest.mark.parametrize(
        ("said", "purposes", "code"),
        [
            (Proof(source=" ", said_at=LATER), (Purpose.CARE,), "proof_missing"),
            (Proof(source="表单", said_at=LATER + timedelta(minutes=6)), (Purpose.CARE,), "consent_in_the_future"),
            (Proof(source="表单", said_at=LATER), (), "purpose_missing"),
            (Proof(source="合同", said_at=LATER, basis=Basis.CONTRACT), (Purpose.SURVEY,), "not_a_consent"),
        ],
    )
    def test_what_is_no_consent_changes_nothing(self, customer, said, purposes, code):
        refuse(customer)
        with pytest.raises(Refused) as refused:
            agree(customer, *purposes, said=said)
        assert refused.value.code == code
        assert row(customer).refuses == EVERYTHING

    def test_a_contract_is_a_ground_of_its_own_and_revives_nothing(self, customer):
        assert not agree(customer, Purpose.SURVEY, said=proof(basis=Basis.CONTRACT))
        found = preferences(customer)
        assert found is not None
        assert found.purposes[0].basis is Basis.CONTRACT

    def test_a_newer_consent_takes_the_place_of_the_older_and_is_no_refusal(self, customer):
        agree(customer, Purpose.CARE)
        assert not agree(customer, Purpose.CARE, now=LATER + timedelta(days=1))
        assert Consent.objects.filter(withdrawn_at=None).count() == 1
        assert "care" in allowed(customer)
        refuse(customer, Purpose.CARE, now=LATER + timedelta(days=2))
        assert not Consent.objects.filter(withdrawn_at=None).exists()

    def test_nobody_and_who_was_erased_agree_to_nothing(self, customer):
        with pytest.raises(NotFound):
            agree(12345, Purpose.CARE)
        erase(customer, by=SYSTEM, now=NOW)
        with pytest.raises(Refused) as refused:
            agree(customer, Purpose.CARE)
        assert refused.value.code == "erased"


class TestStrangers:
    def test_a_number_that_we_do_not_know_is_kept_as_a_hash_and_never_asked(self):
        stranger = refuse_by_address("phone", E164, via="sms", by=SYSTEM, now=NOW)
        kept = Identity.objects.get()
        assert (bytes(kept.value_sealed), kept.masked, kept.customer_id) == (b"", "", stranger)
        (later,) = known(given("C9", PHONE, name="王芳"), now=LATER)
        assert (later.id, later.opted_out) == (stranger, True)
        assert reaches([later.id]) == {}

    def test_a_number_that_we_know_is_its_person(self, customer):
        assert refuse_by_address("phone", E164, via="sms", by=SYSTEM, now=NOW) == customer
        assert row(customer).refuses == EVERYTHING

    def test_a_stranger_who_agrees_later_may_be_learned_anew(self):
        stranger = refuse_by_address("phone", E164, via="sms", by=SYSTEM, now=NOW)
        known(given("C9", PHONE))
        agree(stranger, Purpose.SURVEY)
        (again,) = known(given("C9", PHONE), now=LATER)
        assert (again.id, again.opted_out) == (stranger, False)
        assert [one.kind for one in reaches([stranger])[stranger]] == ["phone"]


@pytest.mark.django_db(transaction=True)
def test_a_stranger_who_refuses_while_they_are_imported_is_one_person_who_refused():
    for number in range(5):
        phone = f"1380013{number:04}"
        refusing = [lambda phone=phone: refuse_by_address("phone", f"+86{phone}", via="sms", by=SYSTEM, now=NOW)] * 3
        importing = [lambda phone=phone, number=number: known(given(f"C{number}", phone))[0].id] * 3
        assert len(set(together([*refusing, *importing]))) <= 2  # an id made for nobody may have been handed over
        (one,) = known(given(f"C{number}", phone))
        assert one.opted_out
        assert Customer.objects.filter(merged_into=None).count() == number + 1


class TestErasing:
    def test_the_refusal_stays_and_what_names_somebody_goes(self, customer):
        agree(customer, Purpose.CARE, said=proof(place="王芳家", reference="信 1"))
        erase(customer, by=SYSTEM, now=LATER)
        assert (row(customer).refuses, row(customer).agrees) == (EVERYTHING, 0)
        kept = Consent.objects.get()
        assert (kept.place, kept.proof) == ("", "")

    def test_nothing_is_erased_while_a_legal_case_is_open(self, customer):
        set_flag(customer, Flag.OPEN_LEGAL_CASE, on=True, reason="诉讼 12 号", by=SYSTEM, now=NOW)
        with pytest.raises(Refused) as refused:
            erase(customer, by=SYSTEM, now=NOW)
        assert (refused.value.code, refused.value.status) == ("legal_hold", 409)
        set_flag(customer, Flag.OPEN_LEGAL_CASE, on=False, reason="已结案", by=SYSTEM, now=NOW)
        erase(customer, by=SYSTEM, now=NOW)
        assert row(customer).erased_at == NOW
