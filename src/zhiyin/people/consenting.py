"""Verbs about what a person allows: refusing, agreeing, being forgotten. Each is in force before its reply leaves."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from zhiyin.ledger.ids import new_ids
from zhiyin.ledger.record import Actor, record
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.people.events import ConsentRecorded, CustomerErased, OptedOut, PurposesRefused
from zhiyin.people.identify import Known, find_customer, lock_customers
from zhiyin.people.models import Consent, Customer, Identity
from zhiyin.people.queries import HASH_ONLY, whole_person
from zhiyin.people.rules import (
    EVERYTHING,
    NOTHING,
    USUAL_BASIS,
    Basis,
    Purpose,
    Standing,
    bits_of,
    is_newer,
    purposes_of,
)
from zhiyin.people.vault import vault

RENEWED = "renewed"  # how a consent ended that a newer one took the place of: no refusal
AHEAD = timedelta(minutes=5)  # how far the clock of whoever took down a consent may run before ours
ALL_PURPOSES = tuple(Purpose)


class ConsentTooOld(Refused):
    code = "consent_older_than_refusal"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How we know that somebody said yes: where it came from, what they read, where and when; where to look it up."""

    source: str
    said_at: datetime
    text_version: str = ""
    place: str = ""
    reference: str = ""
    basis: Basis = Basis.CONSENT


@transaction.atomic
def opt_out(
    customer_id: int,
    *,
    via: str,
    by: Actor,
    now: datetime,
    purposes: Iterable[Purpose] = ALL_PURPOSES,
    proof: str = "",
) -> bool:
    """Nothing more to this person for these purposes, effective before the answer leaves. False when it was so already.

    A later import, interaction or merge cannot revive it: only ``record_consent`` with a word of theirs from after this
    moment can. After a merge a former id (of an old link, say) speaks for the whole person, and it stays known as whom
    it was said.
    """
    person = lock_customers([customer_id]).get(customer_id)
    if person is None:
        return False
    wanted = set(purposes)
    _note_refusal(customer_id, person, wanted, via=via, proof=proof, by=by, now=now)
    fresh = bits_of(wanted) & ~person.refuses
    if not fresh:
        return False
    _write(person, _standing(person).refusing(bits_of(wanted), at=now))
    said = [str(purpose) for purpose in purposes_of(fresh)]
    fact = OptedOut if Purpose.SURVEY in said else PurposesRefused
    record(fact(customer_id=person.id, via=via, purposes=said), by=by, now=now, subject=f"customer:{person.id}")
    return True


def _note_refusal(
    customer_id: int, person: Known, purposes: Collection[Purpose], *, via: str, proof: str, by: Actor, now: datetime
) -> None:
    """End what stands, and write a row where this customer has said nothing about a purpose yet."""
    how = {"withdrawn_how": via[:40], "withdrawn_proof": proof[:300], "withdrawn_by": by.actor}
    standing = Consent.objects.filter(purpose__in=purposes, withdrawn_at=None, customer_id__in=whole_person(person.id))
    standing.update(withdrawn_at=now, **how)
    said = set(Consent.objects.filter(customer_id=customer_id).values_list("purpose", flat=True))
    Consent.objects.bulk_create(
        Consent(
            customer_id=customer_id,
            purpose=purpose,
            basis=USUAL_BASIS[purpose],
            recorded_at=now,
            recorded_by=by.actor,
            withdrawn_at=now,
            **how,
        )
        for purpose in Purpose
        if purpose in purposes and purpose not in said
    )


@transaction.atomic
def refuse_by_address(kind: str, value: str, *, via: str, by: Actor, now: datetime, proof: str = "") -> int:
    """Nothing more to whoever has this phone or address (normalised), also where we do not know who that is.

    Of a stranger only the keyed hash is kept, with the refusal: whoever is imported with it later has refused (G61).
    Returns the customer.
    """
    customer = find_customer(kind, value)
    if customer is None:
        customer = _stranger(kind, value, now=now)
    opt_out(customer, via=via, by=by, now=now, proof=proof)
    return customer


def _stranger(kind: str, value: str, *, now: datetime) -> int:
    customer, identifier = new_ids(2, now=now)
    try:
        with transaction.atomic():
            Identity.objects.create(
                id=identifier,
                customer_id=customer,
                first_customer_id=customer,
                kind=kind,
                value_hash=vault().find(kind, value),
                value_sealed=b"",
                masked="",
                seen_at=now,
            )
            Customer.objects.create(id=customer, created_at=now)
    except IntegrityError:  # somebody brought it at this very moment, and is committed
        found = find_customer(kind, value)
        if found is None:
            raise
        return found
    return customer


@transaction.atomic
def record_consent(customer_id: int, *, purposes: Iterable[Purpose], proof: Proof, by: Actor, now: datetime) -> bool:
    """Write down that this person allows these purposes. False when nothing changed for what may be sent.

    Raises NotFound, and Refused: without a source, from the future, for somebody who was erased, or where they refused
    later than they agreed (I63): a refusal gives way only to a newer consent.
    """
    person = lock_customers([customer_id]).get(customer_id)
    if person is None:
        raise NotFound(_("There is no such customer."))
    wanted = tuple(purpose for purpose in Purpose if purpose in set(purposes))
    _check(person, wanted, proof, now=now)
    rows = Consent.objects.filter(customer_id=customer_id, purpose__in=wanted, withdrawn_at=None)
    rows.update(withdrawn_at=now, withdrawn_how=RENEWED, withdrawn_by=by.actor)
    Consent.objects.bulk_create(
        Consent(
            customer_id=customer_id,
            purpose=purpose,
            basis=proof.basis,
            given_at=proof.said_at,
            source=proof.source.strip()[:40],
            text_version=proof.text_version[:60],
            place=proof.place[:120],
            proof=proof.reference[:300],
            recorded_at=now,
            recorded_by=by.actor,
        )
        for purpose in wanted
    )
    before = _standing(person)
    after = before.agreeing(bits_of(wanted)) if proof.basis is Basis.CONSENT else before
    _write(person, after)
    # A stranger's number of which only the hash was kept may be learned anew, now that they want to hear from us.
    Identity.objects.filter(HASH_ONLY, customer_id=person.id).delete()
    fact = ConsentRecorded(
        customer_id=person.id,
        purposes=[str(purpose) for purpose in wanted],
        basis=str(proof.basis),
        source=proof.source.strip()[:40],
        text_version=proof.text_version[:60],
        given_at=proof.said_at.isoformat(),
    )
    record(fact, by=by, now=now, subject=f"customer:{person.id}")
    return after != before


def _check(person: Known, purposes: Collection[Purpose], proof: Proof, *, now: datetime) -> None:
    if person.is_erased:
        raise Refused(_("This customer was erased at their own request."), code="erased")
    if not purposes:
        raise Refused(_("Say for which purpose."), code="purpose_missing")
    if not proof.source.strip():
        raise Refused(_("Say where the consent comes from."), code="proof_missing")
    if proof.said_at > now + AHEAD:
        raise Refused(_("A consent cannot lie in the future."), code="consent_in_the_future")
    refused = [purpose for purpose in purposes if person.refuses & bits_of([purpose])]
    if refused and proof.basis is not Basis.CONSENT:
        raise Refused(_("They refused. Only their own consent changes that."), code="not_a_consent")
    if refused and not is_newer(proof.said_at, refused_at=_refused_at(person, refused)):
        raise ConsentTooOld(
            _("They refused after that. Only a consent given later counts."),
            next_step=_("Ask them again, and record what they say now."),
        )


def _refused_at(person: Known, purposes: Collection[Purpose]) -> datetime | None:
    rows = Consent.objects.filter(customer_id__in=whole_person(person.id), purpose__in=purposes)
    last = rows.exclude(withdrawn_how=RENEWED).aggregate(last=Max("withdrawn_at"))["last"]
    return max((moment for moment in (last, person.opted_out_at) if moment is not None), default=None)


def _standing(person: Known) -> Standing:
    return Standing(person.refuses, person.agrees, person.opted_out_at)


def _write(person: Known, standing: Standing) -> None:
    Customer.objects.filter(pk=person.id).update(**standing._asdict())


@transaction.atomic
def erase(customer_id: int, *, by: Actor, now: datetime) -> None:
    """Forget who this was. Figures stay; ids, phones and names go, those of former customers merged into this one too.

    What remains of an id or a phone is its keyed hash, which says "do not write to whoever comes with this again".
    Raises NotFound, and Refused while a legal case is open.
    """
    person = lock_customers([customer_id]).get(customer_id)
    if person is None or person.is_erased:
        raise NotFound(_("There is no such customer."))
    if person.has_open_legal_case:
        raise Refused(
            _("A legal case with this customer is open, so nothing about them may be deleted."),
            next_step=_("Take the flag away when the case is over."),
            code="legal_hold",
        )
    whole = Q(pk=person.id) | Q(merged_into=person.id)
    gone = {"erased_at": now, "name_sealed": None, "opted_out_at": now, "refuses": EVERYTHING, "agrees": NOTHING}
    Customer.objects.filter(whole, erased_at=None).update(**gone)
    Identity.objects.filter(customer_id=person.id).update(value_sealed=b"", masked="", reach="")
    said = Consent.objects.filter(customer_id__in=whole_person(person.id))
    said.update(place="", proof="", withdrawn_proof="")
    record(CustomerErased(customer_id=person.id), by=by, now=now, subject=f"customer:{person.id}")
