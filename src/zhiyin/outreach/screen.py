"""What the outreach screen shows of the numbers: the funnel with its losses, the reasons, the rate, the hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from zhiyin.lib import intervals
from zhiyin.lib.intervals import Estimate
from zhiyin.outreach.monitor import Hours, Tally
from zhiyin.outreach.rules import Loss
from zhiyin.outreach.words import loss_of, reason_label
from zhiyin.ui import cards, charts
from zhiyin.ui.figures import per_cent
from zhiyin.ui.numerals import change_with_interval

RELEVANT = 0.01  # a change of the response rate below one point is not worth a word


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What was lost on the way to a stage, under one word. ``may_come``: not lost yet, only not there yet."""

    label: str
    count: int
    url: str
    may_come: bool = False


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage of the funnel: its count, its share of the first stage and of the one before, and its losses."""

    label: str
    count: int
    url: str
    width: str
    of_first: float | None
    of_before: float | None
    losses: Sequence[Lost]
    tone: cards.Tone = "primary"


@dataclass(frozen=True)
class Links:
    """Addresses of the lists behind the numbers, with the screen's own filters kept."""

    filters: Mapping[str, str]

    def decisions(self, **which: str) -> str:
        return self._to("outreach:decisions", which)

    def invitations(self, state: str) -> str:
        return self._to("outreach:invitations", {"state": state})

    def monitor(self, **changed: str) -> str:
        return self._to("outreach:monitor", changed)

    def _to(self, name: str, more: Mapping[str, str]) -> str:
        query = urlencode({key: value for key, value in {**self.filters, **more}.items() if value})
        return f"{reverse(name)}?{query}" if query else reverse(name)


def funnel(found: Tally, links: Links, *, is_by_channel: bool = False) -> list[Stage]:
    """From interactions to answers. The losses of a stage are exactly what lies between it and the stage before.

    By channel it begins with what was queued: a decision is made before there is a channel.
    """
    steps, lost = found.steps, _Losses(found, links)
    decisions: tuple[tuple[str, int, str, list[Lost]], ...] = (
        (_("Interactions"), found.decided, links.decisions(part="all"), []),
        (_("Eligible"), found.eligible, links.decisions(part="eligible"), lost.to_eligible()),
    )
    queued = [] if is_by_channel else lost.to_queued(found.eligible - found.suppressed - steps["invited"])
    rows: tuple[tuple[str, int, str, list[Lost]], ...] = (
        *(() if is_by_channel else decisions),
        (_("Queued"), steps["invited"], links.invitations("invited"), queued),
        (_("Sent"), steps["sent"], links.invitations("sent"), lost.to_sent()),
        (_("Delivered"), steps["delivered"], links.invitations("delivered"), lost.to_delivered()),
        (_("Opened"), steps["opened"], links.invitations("opened"), lost.to_opened()),
        (_("Completed"), steps["answered"], links.invitations("answered"), lost.to_answered()),
    )
    before: list[int | None] = [None, *(count for _label, count, _url, _losses in rows)]
    return [
        Stage(
            label=label,
            count=count,
            url=url,
            width=per_cent(count / rows[0][1] if rows[0][1] else 0.0),
            of_first=count / rows[0][1] if rows[0][1] else None,
            of_before=count / last if last else None,
            losses=[one for one in losses if one.count],
            tone="" if last is None else "good" if label == rows[-1][0] else "primary",
        )
        for (label, count, url, losses), last in zip(rows, before, strict=False)
    ]


class _Losses:
    """The losses of each stage, each with the list of what was lost."""

    def __init__(self, found: Tally, links: Links) -> None:
        self._found, self._links = found, links

    def to_eligible(self) -> list[Lost]:
        return [Lost(label=_("excluded"), count=self._found.excluded, url=self._links.decisions(part="excluded"))]

    def to_queued(self, erased: int) -> list[Lost]:
        """``erased``: invitations that went with their customer, while the decision stays."""
        suppressed, invited = self._links.decisions(part="suppressed"), self._links.decisions(part="invited")
        return [
            Lost(label=_("suppressed"), count=self._found.suppressed, url=suppressed),
            Lost(label=_("invitation gone"), count=max(erased, 0), url=invited),
        ]

    def to_sent(self) -> list[Lost]:
        return [
            self._step(_("taken back before sending"), "withdrawn"),
            self._step(_("failed"), "failed"),
            self._step(_("waiting"), "queued", may_come=True),
        ]

    def to_delivered(self) -> list[Lost]:
        return [self._step(_("not confirmed"), "unconfirmed", may_come=True), self._step(_("in doubt"), "unknown")]

    def to_opened(self) -> list[Lost]:
        return [
            self._step(_("expired unopened"), "unopened"),
            self._step(_("not opened yet"), "not_yet_opened", may_come=True),
        ]

    def to_answered(self) -> list[Lost]:
        return [self._step(_("left half-way"), "left"), self._step(_("may still answer"), "answering", may_come=True)]

    def _step(self, label: str, name: str, *, may_come: bool = False) -> Lost:
        url = self._links.invitations(name)
        return Lost(label=label, count=self._found.steps[name], url=url, may_come=may_come)


def reasons(found: Tally, loss: Loss, links: Links, *, language: str) -> list[cards.BarRow]:
    """Why interactions were excluded, or suppressed: the rows add up to the funnel's number exactly."""
    counts: dict[str, int] = {}
    policies: dict[str, list[int]] = {}
    for (reason, policy), count in found.reasons.items():
        if reason and loss_of(reason) is loss:
            counts[reason] = counts.get(reason, 0) + count
            policies.setdefault(reason, []).append(policy)
    return [
        cards.BarRow(
            label=reason_label(reason, policies[reason], language),
            count=count,
            url=links.decisions(reason=reason),
        )
        for reason, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


@dataclass(frozen=True)
class Rate:
    """The response rate (answered of sent, as everywhere in the product) and how it moved."""

    now: Estimate
    change: str = ""
    verdict: cards.Verdict | None = None


def response_rate(found: Tally, before: Tally, *, language: str, floor: int = intervals.FLOOR) -> Rate | None:
    """None where fewer than ``floor`` were sent; without comparison where that was so in the period before."""
    sent, sent_before = found.steps["sent"], before.steps["sent"]
    if sent < floor:
        return None
    now = intervals.share(hits=found.steps["answered"], n=sent)
    if sent_before < floor:
        return Rate(now)
    moved = intervals.difference_of_shares(
        hits=found.steps["answered"], n=sent, hits_before=before.steps["answered"], n_before=sent_before
    )
    verdict = cards.Verdict.of(intervals.verdict(difference=moved, relevant=RELEVANT))
    return Rate(now, change_with_interval(moved.value, moved.low, moved.high, language=language), verdict)


def hours_chart(found: Hours) -> charts.ChartConfig:
    """Bars by the hour after sending; the last one takes what came later too."""
    return charts.ChartConfig(
        title=_("When surveys are opened and completed"),
        kind="bars",
        label_heading=_("Hour after sending"),
        labels=[str(hour) for hour in range(1, len(found.opened) + 1)],
        unit="count",
        series=[
            charts.Series(name=_("opened"), kind="bar", values=found.opened),
            charts.Series(name=_("completed"), kind="bar", values=found.answered, tone="good"),
        ],
    )
