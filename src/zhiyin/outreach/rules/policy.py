"""A policy as a file: TOML text read with every problem gathered. `policy_writer` writes it back."""

import re
import tomllib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from zhiyin.lib.text import both
from zhiyin.outreach.rules.policy_reader import PolicyReader
from zhiyin.outreach.rules.policy_writer import to_toml
from zhiyin.outreach.rules.problems import PolicyInvalid, Problem, shown
from zhiyin.outreach.rules.terms import (
    ALL_KINDS,
    LIMIT_REASONS,
    SURVEY_KINDS,
    Limit,
    Policy,
    Scope,
    SendingHours,
)

__all__ = ["DEFAULT", "DEFAULT_AT_ONCE", "parse_policy", "to_toml"]

LONGEST = 100_000  # characters

# Holds where a file leaves a table out. S0.28 to S0.30 and S0.32; hours and age are ours: no text message at night, and
# after three days most people no longer know which call is meant.
DEFAULT = Policy(
    limits=(
        Limit(
            per=Scope.CUSTOMER,
            most=10,
            period=timedelta(days=90),
            reason=LIMIT_REASONS[Scope.CUSTOMER],
            counts=ALL_KINDS,
        ),
        Limit(
            per=Scope.SCENARIO,
            most=2,
            period=timedelta(days=90),
            reason=LIMIT_REASONS[Scope.SCENARIO],
            counts=SURVEY_KINDS,
        ),
    ),
    gap=timedelta(hours=24),
    link_life=timedelta(hours=8),
    sending_hours=SendingHours(opens=8 * 60, closes=21 * 60),
    max_age=timedelta(hours=72),
    share=Decimal(1),
    per_number_per_day=None,
    version="default",
)
# For `simulate`, which takes every invitation as sent at once unless its file says when messages may leave.
DEFAULT_AT_ONCE = replace(DEFAULT, sending_hours=None)


def parse_policy(text: str, *, absent: Policy = DEFAULT, is_new: bool = True) -> Policy:
    """The policy that a TOML text describes; a table that is left out is as in ``absent``.

    A text that is a version already (not ``is_new``) is read as it stands: one taken before its reminders were looked
    at can still be told and decided by.

    Raises PolicyInvalid with all problems, each naming the key, what it says, what it may say and the near name.
    """
    if len(text) > LONGEST:
        allowed = both(f"最多 {LONGEST} 个字符", f"at most {LONGEST} characters fit")
        raise PolicyInvalid([Problem("TOML", f"{len(text)} characters", allowed)])
    try:
        raw = tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as broken:  # also digits without end, brackets without end
        raise PolicyInvalid([_not_toml(text, str(broken))]) from broken
    reader = PolicyReader(absent=absent, is_new=is_new)
    policy = reader.read(raw)
    if policy is None:
        raise PolicyInvalid(reader.problems)
    return policy


def _not_toml(text: str, error: str) -> Problem:
    """Name the key on the line that could not be read, where there is one."""
    lines = text.split("\n")
    words = ""
    if found := re.search(r"at line (\d+)", error):
        words = lines[int(found[1]) - 1].strip()
    elif "end of document" in error:
        words = text.strip().split("\n")[-1].strip()
    key, equals, _ = words.partition("=")
    return Problem(
        (key.strip() if equals else "") or "TOML",
        shown(words),
        both(f"不是有效的 TOML（{error}）", f"not TOML: {error}"),
    )
