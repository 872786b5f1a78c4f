"""The account after a storm: what was promised to the outside against what the record, the outbox and the mirror hold.

Pure: it counts in lists, so that a story can also hand it lists in which something is wrong.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
ARRIVED, EXPLAINED = "sent", ("unknown", "withdrawn")


@dataclass
class Promises:
    """What the clients were told."""

    interactions: dict[str, dict[str, Any]] = field(default_factory=dict)  # external id → the first answer
    complaints: set[str] = field(default_factory=set)  # external ids
    submissions: dict[str, int] = field(default_factory=dict)  # invitation → the headline score that was thanked for


@dataclass
class Account:
    """What became of it. ``lost`` and ``twice`` name each case in words; both have to be empty."""

    acked: int = 0
    submitted: int = 0
    unknown: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)


def settle(promises: Promises, record: Mapping[str, Any], outbox: list[Row]) -> Account:
    """Hold every promise against what there is."""
    messages = [one for one in record["messages"] if one["invitation_id"]]
    account = Account(len(promises.interactions), len(promises.submissions))
    account.unknown = sum(one["state"] == "unknown" for one in record["messages"])
    _intake(account, promises, record)
    _sending(account, record, messages, outbox)
    _answers(account, promises, record)
    _cases(account, promises, record)
    _figures(account, record)
    return account


def _exactly_once(account: Account, what: str, wanted: Iterable[object], found: Iterable[object]) -> None:
    """Each of ``wanted`` is among ``found``, and nothing is there twice or unwanted."""
    times = Counter(str(one) for one in found)
    expected = {str(one) for one in wanted}
    account.lost += [f"{what} {one} is missing" for one in sorted(expected - times.keys())]
    account.twice += [f"{what} {one} is there {n} times" for one, n in sorted(times.items()) if n > 1]
    account.twice += [f"{what} {one} came from nowhere" for one in sorted(times.keys() - expected)]


def _intake(account: Account, promises: Promises, record: Mapping[str, Any]) -> None:
    interactions = record["interactions"]
    _exactly_once(account, "interaction", promises.interactions, [one["external_id"] for one in interactions])
    ids = [one["id"] for one in interactions]
    _exactly_once(account, "decision of", ids, [one["interaction_id"] for one in record["decisions"]])
    invited = [one["interaction_id"] for one in record["decisions"] if one["invited"]]
    service = [one for one in record["invitations"] if one["purpose"] == "service"]
    _exactly_once(account, "invitation for", invited, [one["interaction_id"] for one in service])
    number = {one["external_id"]: str(one["id"]) for one in interactions}
    invitation = {str(one["interaction_id"]): str(one["id"]) for one in service}
    for key, told in promises.interactions.items():
        here = number.get(key)
        if here and (told["interaction"], told["invitation"]) != (here, invitation.get(here)):
            account.lost.append(f"what was answered to {key} is not what is recorded")


def _sending(account: Account, record: Mapping[str, Any], messages: list[Row], outbox: list[Row]) -> None:
    ids = [one["id"] for one in record["invitations"]]
    _exactly_once(account, "message of", ids, [one["invitation_id"] for one in messages])
    lines = Counter(str(one["invitation"]) for one in outbox if one["invitation"])
    account.twice += [f"invitation {one} went out {n} times" for one, n in lines.items() if n > 1]
    for one in messages:
        explained = one["state"] in EXPLAINED and (one["state"] == "unknown" or one["error"])
        if one["state"] != ARRIVED and not explained:
            account.lost.append(f"message {one['id']} ended {one['state']} without a reason")
        if (one["state"] == ARRIVED) != (str(one["invitation_id"]) in lines) and one["state"] != "unknown":
            account.lost.append(f"message {one['id']} is {one['state']}, and the outbox says otherwise")
    heard = {str(one.get("message")) for one in outbox}
    for one in record["messages"]:  # an alert to staff may go twice under its one id, but never not at all
        if one["category"] == "staff" and (one["state"] != ARRIVED or str(one["id"]) not in heard):
            account.lost.append(f"alert {one['id']} was not sent")


def _answers(account: Account, promises: Promises, record: Mapping[str, Any]) -> None:
    responses = record["responses"]
    _exactly_once(account, "response to", promises.submissions, [one["invitation_id"] for one in responses])
    answered = {str(one["id"]): one["state"] for one in record["invitations"]}
    for one in responses:
        key = str(one["invitation_id"])
        if one["headline"] != promises.submissions.get(key, one["headline"]):
            account.lost.append(f"response to {key} says something else")
        if answered.get(key) != "answered":
            account.lost.append(f"invitation {key} does not know of its answer")


def _cases(account: Account, promises: Promises, record: Mapping[str, Any]) -> None:
    low = [one["id"] for one in record["responses"] if promises.submissions.get(str(one["invitation_id"]), 10) <= 6]
    triggers = record["triggers"]
    _exactly_once(account, "trigger of answer", low, [one["ref_id"] for one in triggers if one["kind"] == "response"])
    number = {one["external_id"]: one["id"] for one in record["interactions"]}
    flagged = [number[key] for key in promises.complaints if key in number]
    asked = [one["ref_id"] for one in triggers if one["kind"] == "interaction"]
    _exactly_once(account, "trigger of complaint", flagged, asked)
    cases = {one["id"] for one in record["cases"]}
    _exactly_once(account, "case", {one["case_id"] for one in triggers}, cases)
    _recovery(account, record)


def _recovery(account: Account, record: Mapping[str, Any]) -> None:
    """Each closing led to one question whether it helped, or to one refusal with its reason."""
    closed = [one["id"] for one in record["cases"] if one["state"] == "closed"]
    _exactly_once(account, "closing of", closed, [one["case_id"] for one in record["closings"]])
    asked = [one for one in record["invitations"] if one["purpose"] == "recovery"]
    _exactly_once(account, "recovery of", {one["case_id"] for one in asked}, [one["case_id"] for one in asked])
    due = Counter(one["customer_id"] for one in record["closings"])
    done = Counter(one["customer_id"] for one in [*asked, *record["refusals"]])
    account.lost += [f"customer {one} was not asked whether it helped" for one in due - done]
    account.twice += [f"customer {one} was asked too often whether it helped" for one in done - due]


def _figures(account: Account, record: Mapping[str, Any]) -> None:
    """The ledger's chain holds, nothing waits or gave up, and the mirror shows what the record holds."""
    ledger = record["ledger"]
    if ledger["fault"] or ledger["pending"] or record["parked"] or any(record["waiting"].values()):
        waiting = {what: n for what, n in record["waiting"].items() if n}
        account.lost.append(f"ledger {ledger}, waiting {waiting}, {record['parked']} reactions failed")
    shown = record["mirror"]
    for fact, room in (("interactions", "interactions"), ("invitations", "invitations"), ("answers", "responses")):
        _exactly_once(account, f"the mirror's row in {fact}", [one["id"] for one in record[room]], shown[fact])
    _exactly_once(account, "the mirror's clock of", [one["id"] for one in record["cases"]], shown["clocks"])
    for one in record["invitations"]:
        row = shown["invitations"].get(str(one["id"]), {})
        if row and (row["is_sent"], row["is_answered"]) != (bool(one["sent_at"]), one["state"] == "answered"):
            account.lost.append(f"the mirror does not know how invitation {one['id']} stands")
