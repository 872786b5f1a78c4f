"""What is asked before any message is counted, and the draw of the sample that comes after."""

from datetime import datetime
from decimal import Decimal
from hashlib import blake2b

from zhiyin.outreach.rules.facts import Address, Facts, Kind
from zhiyin.outreach.rules.terms import SURVEY_KINDS, Policy

# In this order; the first that blocks gives the reason. Then come the limits in the order of the policy, the gaps, the
# targets, and the sample last, so that its share is a share of those who may be asked.
CHECKS = (
    "internal_only",
    "no_survey",
    "under_14",
    "open_legal_case",
    "not_eligible",
    "excluded",
    "too_old",
    "no_address",
    "no_mobile",
    "channel_refused",
    "opted_out",
    "do_not_contact",
)


# What speaks after the counted rules, and what a decision calls the rule.
RULES_OF_LEFT_OUT = {"target_reached": "target", "sampled_out": "sampling"}


def checks_of(policy: Policy) -> tuple[str, ...]:
    """Those of CHECKS that this policy makes."""
    left_off = {
        *(() if policy.exclude.internal else ("internal_only",)),
        *(() if policy.exclude.under_14 else ("under_14",)),
        *(() if policy.exclude.open_legal_case else ("open_legal_case",)),
        *(() if policy.eligible else ("not_eligible",)),
        *(() if policy.exclude.groups else ("excluded",)),
    }
    return tuple(check for check in CHECKS if check not in left_off) if left_off else CHECKS


def barred(facts: Facts, policy: Policy, now: datetime) -> str:
    """The first of CHECKS that blocks, or nothing. A care message needs no survey."""
    if facts.internal and policy.exclude.internal:
        return "internal_only"
    if (facts.scenario is None or not facts.survey_available) and facts.kind is not Kind.CARE:
        return "no_survey"
    if facts.under_14 and policy.exclude.under_14:
        return "under_14"
    if facts.open_legal_case and policy.exclude.open_legal_case:
        return "open_legal_case"
    if outside := outside_groups(facts, policy):
        return outside
    if facts.ended_at is not None and policy.max_age is not None and now - facts.ended_at > policy.max_age:
        return "too_old"
    if facts.address is Address.NONE:
        return "no_address"
    if facts.address not in facts.channel_takes:
        return "no_mobile" if facts.address is Address.LANDLINE else "channel_refused"
    if facts.opted_out:
        return "opted_out"
    return "do_not_contact" if facts.do_not_contact else ""


def outside_groups(facts: Facts, policy: Policy) -> str:
    """Whether the groups of the policy leave this message out, and by which of the two rules."""
    if policy.eligible and not policy.eligible.hold_all(facts):
        return "not_eligible"
    return "excluded" if policy.exclude.groups and policy.exclude.groups.hold_any(facts) else ""


def left_out(facts: Facts, policy: Policy) -> str:
    """Whether a target is reached or the draw leaves the interaction out, for those whom no other rule holds back."""
    if reached(facts, policy) is not None:
        return "target_reached"
    if policy.has_sample and not is_drawn(facts.external_id, policy.share_for(facts)):
        return "sampled_out"
    return ""


def reached(facts: Facts, policy: Policy) -> int | None:
    """The place of the first target whose cell has answers enough, or an interval narrow enough. Surveys only."""
    if facts.kind not in SURVEY_KINDS:
        return None
    for place, (target, cell) in enumerate(zip(policy.targets, facts.cells, strict=False)):
        if cell is None:
            continue
        narrow = cell.half_width is not None and float(cell.half_width) <= float(target.half_width)
        if narrow or (target.max_answers is not None and cell.n >= target.max_answers):
            return place
    return None


def lot_of(external_id: str) -> int:
    """Where the draw puts this interaction, as a fraction of 1 with 64 bits."""
    return int.from_bytes(blake2b(external_id.encode(), digest_size=8).digest(), "big")


def is_drawn(external_id: str, share: Decimal) -> bool:
    """Whether the sample holds this interaction: the same answer every time, on every machine.

    The first 64 bits of BLAKE2b of the id, read as a fraction of 1, lie below the share.
    """
    if share >= 1:
        return True
    return lot_of(external_id) < int(share * 2**64)
