"""The fatigue rules, pure: facts and a history go in, a decision with its whole arithmetic comes out.

``docs/fatigue.md`` is the exact reading. `core` is the one rule core; everything else prepares its columns or words
its answers. Nothing here reads a clock, a file or a table.
"""

from zhiyin.outreach.rules.checks import is_drawn
from zhiyin.outreach.rules.explain import Explanation, Line, explain
from zhiyin.outreach.rules.facts import Address, Cell, Contact, Facts, Kind, Sendings, State
from zhiyin.outreach.rules.groups import CellOf, Exclusions, Groups, ShareFor, Target
from zhiyin.outreach.rules.hours import ChannelCap, HoursFor, Reminder, SendingHours
from zhiyin.outreach.rules.judge import Decision, decide, decide_batch
from zhiyin.outreach.rules.policy import DEFAULT, DEFAULT_AT_ONCE, parse_policy, to_toml
from zhiyin.outreach.rules.problems import PolicyInvalid, Problem
from zhiyin.outreach.rules.reasons import REASONS, Loss, Reason, reason_of
from zhiyin.outreach.rules.sending import Departure, Spent, link_dead_at, next_send_at, still_allowed
from zhiyin.outreach.rules.terms import Gap, Limit, Policy, Scope
from zhiyin.outreach.rules.trace import Outcome, Step
from zhiyin.outreach.rules.verdict import Verdict
from zhiyin.outreach.rules.wording import render_policy

__all__ = [
    "DEFAULT",
    "DEFAULT_AT_ONCE",
    "REASONS",
    "Address",
    "Cell",
    "CellOf",
    "ChannelCap",
    "Contact",
    "Decision",
    "Departure",
    "Exclusions",
    "Explanation",
    "Facts",
    "Gap",
    "Groups",
    "HoursFor",
    "Kind",
    "Limit",
    "Line",
    "Loss",
    "Outcome",
    "Policy",
    "PolicyInvalid",
    "Problem",
    "Reason",
    "Reminder",
    "Scope",
    "SendingHours",
    "Sendings",
    "ShareFor",
    "Spent",
    "State",
    "Step",
    "Target",
    "Verdict",
    "decide",
    "decide_batch",
    "explain",
    "is_drawn",
    "link_dead_at",
    "next_send_at",
    "parse_policy",
    "reason_of",
    "render_policy",
    "still_allowed",
    "to_toml",
]
