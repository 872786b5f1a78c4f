"""Cutting figures by what became of an interaction: the channel, why nobody was asked, how an invitation stands."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import override

from zhiyin.journey.dimensions import column_named
from zhiyin.lib.text import both
from zhiyin.metrics.language import Dimension
from zhiyin.outreach.judging import policy_version
from zhiyin.outreach.models import PolicyVersion
from zhiyin.outreach.words import CHANNELS, STATES, label_under

INVITED = both("已邀请", "Invited")


def spoken(words: Mapping[str, Promise]) -> Callable[[Sequence[Any], str], Mapping[Any, str]]:
    """What people read, by words of the interface."""

    def labels(values: Sequence[Any], language: str) -> dict[Any, str]:
        with override(language):
            return {one: str(words[one]) for one in values if one in words}

    return labels


def outreach_dimensions(
    *, channelled: frozenset[str], decided: frozenset[str], invited: frozenset[str]
) -> list[Dimension]:
    """By channel, by reason, by state."""
    return [
        Dimension(
            key="channel",
            name=both("通道", "Channel"),
            facts=channelled,
            column=column_named("channel"),
            labels=spoken(CHANNELS),
        ),
        Dimension(
            key="reason",
            name=both("未邀请原因", "Reason"),
            facts=decided,
            column=column_named("reason"),
            labels=reason_labels,
        ),
        Dimension(
            key="state", name=both("状态", "State"), facts=invited, column=column_named("state"), labels=spoken(STATES)
        ),
    ]


def reason_labels(values: Sequence[Any], language: str) -> dict[Any, str]:
    """Reasons with the numbers of the policy in force; no reason means that they were invited."""
    newest = PolicyVersion.objects.order_by("-number").values_list("number", flat=True).first() or 0
    known = [policy_version(newest)]
    return {
        one: label_under(one, known, language) if one else INVITED["zh-hans" if language == "zh-hans" else "en"]
        for one in values
        if one is not None
    }
