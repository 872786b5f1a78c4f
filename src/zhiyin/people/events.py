"""What people tells the ledger. No fact carries a name, a phone or an address: only ids and masks."""

from dataclasses import dataclass, field

from zhiyin.ledger.events import fact


@fact("people.organisation_founded")
@dataclass(frozen=True)
class OrganisationFounded:
    pack: str


@fact("people.unit_changed")
@dataclass(frozen=True)
class UnitChanged:
    unit_id: int
    code: str
    created: bool


@fact("people.staff_changed")
@dataclass(frozen=True)
class StaffChanged:
    staff_id: int
    changed: dict[str, str]


@fact("people.signed_in")
@dataclass(frozen=True)
class SignedIn:
    staff_id: int


@fact("people.sign_in_failed")
@dataclass(frozen=True)
class SignInFailed:
    account: str  # keyed hash of what was typed
    address: str


@fact("people.api_key_made")
@dataclass(frozen=True)
class ApiKeyMade:
    key_id: int
    name: str
    scope: str


@fact("people.api_key_revoked")
@dataclass(frozen=True)
class ApiKeyRevoked:
    key_id: int


@fact("people.customers_merged")
@dataclass(frozen=True)
class CustomersMerged:
    kept: int
    merged: int
    because: str


@fact("people.customers_unmerged")
@dataclass(frozen=True)
class CustomersUnmerged:
    """They are two after all. ``handles``: how many phones and addresses are known to be shared from now on."""

    kept: int
    merged: int
    because: str
    handles: int = 0


@fact("people.opted_out")
@dataclass(frozen=True)
class OptedOut:
    """No more surveys to this person, and nothing for the other ``purposes`` either."""

    customer_id: int
    via: str
    purposes: list[str] = field(default_factory=lambda: ["survey", "care", "research"])


@fact("people.purposes_refused")
@dataclass(frozen=True)
class PurposesRefused:
    """They may still be surveyed, but nothing is sent for these purposes."""

    customer_id: int
    via: str
    purposes: list[str]


@fact("people.consent_given")
@dataclass(frozen=True)
class ConsentRecorded:
    """The person's own word for these purposes, with its proof."""

    customer_id: int
    purposes: list[str]
    basis: str
    source: str
    text_version: str
    given_at: str


@fact("people.customer_flagged")
@dataclass(frozen=True)
class CustomerFlagged:
    customer_id: int
    flag: str
    on: bool
    reason: str


@fact("people.customer_language_set")
@dataclass(frozen=True)
class CustomerLanguageSet:
    """What they are to be written to in, as a member of staff was told. Empty: nobody knows any more."""

    customer_id: int
    before: str
    language: str
    reason: str


@fact("people.customer_erased")
@dataclass(frozen=True)
class CustomerErased:
    customer_id: int


@fact("people.contact_revealed")
@dataclass(frozen=True)
class ContactRevealed:
    customer_id: int
    reason: str


@fact("people.outreach_paused")
@dataclass(frozen=True)
class OutreachPaused:
    reason: str


@fact("people.outreach_resumed")
@dataclass(frozen=True)
class OutreachResumed:
    reason: str


@fact("people.customers_imported")
@dataclass(frozen=True)
class CustomersImported:
    count: int
