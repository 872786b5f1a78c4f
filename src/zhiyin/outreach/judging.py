"""From locked customers to decisions, invitations and messages: the same rules, whichever entrance was used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings

from zhiyin.journey.actions import Placed
from zhiyin.ledger.alike import Same
from zhiyin.ledger.bulk import Writing, as_json, moment, moments, span
from zhiyin.ledger.ids import new_ids
from zhiyin.lib.lately import Lately
from zhiyin.messaging.enqueue import Outgoing, enqueue
from zhiyin.outreach.gathering import Grounds, Telling, address_kind, histories, rested_on, way_for
from zhiyin.outreach.models import Decision, Invitation, PolicyVersion
from zhiyin.outreach.pressure import Begun, group_logs
from zhiyin.outreach.pressure import rows_of as group_rows
from zhiyin.outreach.pressure import write as write_groups
from zhiyin.outreach.rules.facts import Facts
from zhiyin.outreach.rules.judge import decide_batch
from zhiyin.outreach.rules.policy import DEFAULT, parse_policy, to_toml
from zhiyin.outreach.rules.terms import Policy
from zhiyin.outreach.rules.verdict import Verdict
from zhiyin.people.identify import Known
from zhiyin.people.queries import Reach, reaches
from zhiyin.surveys.queries import current_version_ids, spoken_in


class Candidate(NamedTuple):
    """Somebody who might be asked about something."""

    customer: Known
    interaction_id: int | None
    external_id: str
    scenario_id: int
    touchpoint_id: int
    unit_id: int
    served_by: int | None
    survey: str
    channel: str
    ended_at: datetime | None
    purpose: str = "service"
    case_id: int | None = None
    not_before: datetime | None = None  # None: its message may leave at once

    @staticmethod
    def of(placed: Placed, customer: Known) -> "Candidate":
        arrival = placed.arrival
        return Candidate(  # by position: a batch makes a thousand
            customer,
            placed.id,
            arrival.external_id,
            placed.scenario_id,
            placed.touchpoint_id,
            placed.unit_id,
            placed.staff_id,
            placed.survey,
            arrival.channel,
            arrival.ended_at,
        )


class Judged(NamedTuple):
    """A verdict, and the invitation that it led to."""

    verdict: Verdict
    invitation_id: int | None

    @property
    def invited(self) -> bool:
        return self.verdict.invited

    @property
    def reason(self) -> str:
        return self.verdict.reason


@dataclass(frozen=True, slots=True)
class Outcome:
    verdicts: list[Judged]
    policy: int


class InForce(NamedTuple):
    """A policy, its number (0 is the default that the product brings) and since when it is the one."""

    number: int
    policy: Policy
    since: datetime | None


def current_policy() -> tuple[int, Policy]:
    """The policy in force and its number. At most two seconds old."""
    return policy_in_force()[:2]


def _read_policy() -> InForce:
    row = PolicyVersion.objects.order_by("-number").values_list("number", "toml", "applied_at").first()
    number, text, since = row or (0, to_toml(DEFAULT), None)
    return InForce(number, _compiled(text), since)


policy_in_force = Lately(_read_policy)
forget_policy = policy_in_force.forget


def policy_version(number: int) -> Policy:
    """A policy by number. Number 0 is the default."""
    return _compiled(PolicyVersion.objects.get(number=number).toml if number else to_toml(DEFAULT))


@lru_cache(maxsize=32)
def _compiled(text: str) -> Policy:
    return parse_policy(text, is_new=False)


def judge_and_write(candidates: Sequence[Candidate], *, now: datetime, as_of: datetime | None = None) -> Outcome:
    """Decide about each candidate and write what follows. Runs inside the caller's transaction, customers locked.

    ``as_of``: judged as it will stand at that later moment, for a message that leaves no earlier.
    """
    judgement = judge(candidates, now=now, as_of=as_of)
    with Writing() as writing:
        return judgement.write(writing, now=now)


def judge(candidates: Sequence[Candidate], *, now: datetime, as_of: datetime | None = None) -> "Judgement":
    """Decide about each candidate, without writing anything yet. Inside the caller's transaction, customers locked.

    Earlier invitations of the same batch count for later ones of the same person, and of the same group.
    """
    number, policy, since = policy_in_force()
    versions = current_version_ids()
    kinds = {address_kind(one.channel) for one in candidates}
    ways: dict[int, Sequence[Reach]] = {
        **reaches({one.customer.id for one in candidates if one.customer.ways is None}, kinds=kinds),
        **{one.customer.id: one.customer.ways for one in candidates if one.customer.ways is not None},
    }
    chosen = [way_for(one.channel, ways.get(one.customer.id, ())) for one in candidates]
    telling = Telling(policy, versions, now=now)
    told = [telling.facts(one, way) for one, way in zip(candidates, chosen, strict=True)]
    verdicts = decide_batch(
        asks=[(one.customer.id, facts) for one, facts in zip(candidates, told, strict=True)],
        # Who came into being in this very transaction was never sent anything.
        histories=histories([one.customer.id for one in candidates if not one.customer.is_new], policy=policy, now=now),
        policy=policy,
        now=as_of or now,
        group_logs=group_logs(told, policy, now=now, begun=Begun(number, since)),
    )
    asked = {versions[one.survey] for one in candidates if one.survey in versions}
    languages = {version: spoken_in(version) for version in asked}
    return Judgement(candidates, chosen, told, verdicts, number, policy, versions, languages)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was decided about each candidate, and all that it takes to write it down."""

    candidates: Sequence[Candidate]
    chosen: Sequence[Reach | None]
    told: Sequence[Facts]
    verdicts: Sequence[Verdict]
    number: int
    policy: Policy
    versions: Mapping[str, int]
    languages: Mapping[int, Sequence[str]]  # of each version that is asked

    def write(self, writing: Writing, *, now: datetime) -> Outcome:
        """Decisions, invitations and messages; the last of them may still be on their way into the table."""
        invited = [place for place, verdict in enumerate(self.verdicts) if verdict.invited]
        ids = dict(zip(invited, new_ids(len(invited), now=now), strict=True)) if invited else {}
        self._write_decisions(writing, now=now)
        self._write_invitations(ids, writing, now=now)
        messages = _messages(self.candidates, self.chosen, ids, now=now)
        enqueue(messages, now=now, writing=writing)
        if self.policy.groups:
            write_groups(self._group_rows(messages, [*ids]), writing)
        judged = [Judged(verdict, ids.get(place)) for place, verdict in enumerate(self.verdicts)]
        return Outcome(judged, self.number)

    def _group_rows(self, messages: Sequence[Outgoing], places: Sequence[int]) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for message, place in zip(messages, places, strict=True):
            customer, invitation = self.candidates[place].customer.id, message.invitation_id
            whose = {"message_id": message.id, "customer_id": customer}
            rows += group_rows(self.told[place], self.policy, **whose, invitation_id=invitation)
        return rows

    def _write_decisions(self, writing: Writing, *, now: datetime) -> None:
        judged = [
            row
            for row in zip(self.candidates, self.told, self.verdicts, strict=True)
            if row[0].interaction_id is not None and row[0].purpose == "service"
        ]
        whom = [one for one, _, _ in judged]
        verdicts = [verdict for _, _, verdict in judged]
        again = [verdict.next_allowed_at for verdict in verdicts]
        spell = moments()
        writing.insert(
            Decision,
            {
                "interaction_id": [one.interaction_id for one in whom],
                "customer_id": [one.customer.id for one in whom],
                "scenario_id": [one.scenario_id for one in whom],
                "touchpoint_id": [one.touchpoint_id for one in whom],
                "unit_id": [one.unit_id for one in whom],
                "invited": [verdict.invited for verdict in verdicts],
                "reason": [verdict.reason for verdict in verdicts],
                "rule": [verdict.rule for verdict in verdicts],
                "policy": Same(self.number),
                "facts": _spelled_once([rested_on(facts) for _, facts, _ in judged], Grounds.shown),
                "counts": _spelled_once([verdict.counts for verdict in verdicts], list),
                "next_allowed_at": [spell(at) if at else None for at in again],
                "at": Same(spell(now)),
            },
        )

    def _write_invitations(self, ids: Mapping[int, int], writing: Writing, *, now: datetime) -> None:
        """``ids``: the place of each candidate who is invited → the invitation's id."""
        whom = [self.candidates[place] for place in ids]
        versions = [self.versions[one.survey] for one in whom]
        languages = [
            written_in(one.customer.language, self.languages[version])
            for one, version in zip(whom, versions, strict=True)
        ]
        writing.insert(
            Invitation,
            {
                "id": [*ids.values()],
                "customer_id": [one.customer.id for one in whom],
                "interaction_id": [one.interaction_id for one in whom],
                "case_id": [one.case_id for one in whom],
                "purpose": [one.purpose for one in whom],
                "survey_version_id": versions,
                "scenario_id": [one.scenario_id for one in whom],
                "touchpoint_id": [one.touchpoint_id for one in whom],
                "unit_id": [one.unit_id for one in whom],
                "served_by": [one.served_by for one in whom],
                "channel": [one.channel for one in whom],
                "language": languages,
                "policy": Same(self.number),
                "link_life": Same(span(self.policy.link_life)),
                "state": Same("queued"),
                "reason": Same(""),
                "created_at": Same(moment(now)),
            },
        )


def written_in(wanted: str, spoken: Sequence[str]) -> str:
    """The language of an invitation: the customer's, else the organisation's, if the survey speaks it; else the
    survey's first."""
    known = (one for one in (wanted, settings.LANGUAGE_CODE) if one in spoken)
    return next(known, spoken[0] if spoken else settings.LANGUAGE_CODE)


def _spelled_once(values: Sequence[Any], shown: Callable[[Any], object]) -> list[str]:
    """As JSON, with what is alike spelled once: most decisions have the same counts, and rest on the same."""
    spelled = {value: as_json(shown(value)) for value in set(values)}
    return [spelled[value] for value in values]


def _messages(
    candidates: Sequence[Candidate], chosen: Sequence[Reach | None], invitation_ids: dict[int, int], *, now: datetime
) -> list[Outgoing]:
    outgoing = []
    identifiers = new_ids(len(invitation_ids), now=now) if invitation_ids else ()
    for identifier, (place, invitation_id) in zip(identifiers, invitation_ids.items(), strict=True):
        one, way = candidates[place], chosen[place]
        outgoing.append(
            Outgoing(
                identifier,
                one.customer.id,
                way.identity_id if way else None,
                "survey",
                one.scenario_id,
                one.touchpoint_id,
                one.unit_id,
                invitation_id,
                one.channel,
                {},
                one.not_before or now,
            )
        )
    return outgoing
