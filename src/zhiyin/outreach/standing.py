"""What stands beside the funnel: how each channel fares, and what waits for somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from zhiyin.messaging.queries import ChannelCard, QueueCard
from zhiyin.messaging.rules.receipts import OLD_DOUBT
from zhiyin.outreach.rules import Policy
from zhiyin.outreach.said import in_words
from zhiyin.outreach.screen import Links
from zhiyin.outreach.words import channel_name
from zhiyin.ui import cards, times
from zhiyin.ui.numerals import UNKNOWN, plain

OLD_QUEUE = timedelta(minutes=10)  # due and not gone for longer: something holds the messages up


@dataclass(frozen=True, kw_only=True)
class ChannelRow:
    """A channel with its state in words."""

    card: ChannelCard
    name: str
    trouble: str  # in words; nothing where only the gateway's own say it
    delay: str
    age: str  # for how long the oldest of what is due has been so
    is_late: bool
    state: str
    tone: cards.Tone
    icon: str


_CHANNEL_STATES: Mapping[str, tuple[Promise, cards.Tone, str]] = {
    "working": (lazy("working"), "good", "circle-check"),
    "probing": (lazy("trying again"), "warn", "clock"),
    "resting": (lazy("resting after failures"), "bad", "alert-triangle"),
    "broken": (lazy("settings cannot be read"), "crit", "alert-triangle"),
    "off": (lazy("switched off"), "", "player-pause"),
}


def channel_rows(found: Sequence[ChannelCard]) -> list[ChannelRow]:
    """How each channel fares, in words."""
    rows = []
    for card in found:
        word, tone, icon = _CHANNEL_STATES[card.state]
        rows.append(
            ChannelRow(
                card=card,
                name=channel_name(card.key, card.kind),
                trouble=in_words(card.trouble),
                delay=_in_words(card.median_delay),
                age=_in_words(card.oldest),
                is_late=card.oldest is not None and card.oldest >= OLD_QUEUE,
                state=str(word),
                tone=tone,
                icon=icon,
            )
        )
    return rows


def _in_words(length: timedelta | None) -> str:
    """Seconds, until they are minutes."""
    if length is None:
        return UNKNOWN
    seconds = max(length.total_seconds(), 0)
    return times.length(length) if seconds >= 60 else _("%(count)s s") % {"count": f"{seconds:.0f}"}


@dataclass(frozen=True, kw_only=True)
class Matter:
    """One entry of the box of what waits for somebody."""

    icon: str
    title: str
    note: str = ""
    url: str = ""
    tone: cards.Tone = ""


@dataclass(frozen=True, kw_only=True)
class Pending:
    """What the box is made from."""

    queue: QueueCard  # of the units that the viewer sees, whatever the period
    doubts: int
    oldest_doubt: timedelta  # meaningless without doubts
    unreachable: int
    excluded: int
    policy: Policy
    is_paused: bool
    failed: int = 0
    replies: int = 0


def matters(pending: Pending, links: Links, clock: times.Clock) -> list[Matter]:
    """What waits, what is in doubt, whom nobody can reach, how many are asked at all. Empty: nothing to do."""
    return [
        *_queue(pending, links, clock),
        *_doubts(pending),
        *_failed(pending),
        *_replies(pending),
        *_unreachable(pending, links),
        *_sample(pending),
    ]


def queue_in_words(queue: QueueCard) -> str:
    """How old the queue is, also where all is well."""
    if not queue.due:
        return str(_("nothing is due"))
    return _("the oldest has been due for %(time)s") % {"time": _in_words(queue.oldest)}


def _queue(pending: Pending, links: Links, clock: times.Clock) -> list[Matter]:
    queue, url = pending.queue, links.invitations("queued")
    if pending.is_paused:
        if not queue.due + queue.later:
            return []
        title = _("%(count)s held by the pause") % {"count": plain(queue.due + queue.later)}
        note = _("They leave when outreach is resumed, if the limits still allow it.")
        return [Matter(icon="player-pause", tone="warn", title=title, note=note, url=url)]
    found = []
    if queue.due:
        title, note = _("%(count)s due, on their way out") % {"count": plain(queue.due)}, _late(queue)
        found.append(Matter(icon="send", tone="warn" if note else "", title=title, note=note, url=url))
    if queue.next_at is not None:
        title = _("%(count)s wait for their time") % {"count": plain(queue.later)}
        note = _("The first from %(time)s on: sending hours, a cap, or a moment that was chosen.") % {
            "time": clock.near(queue.next_at)
        }
        found.append(Matter(icon="moon", title=title, note=note, url=url))
    return found


def _late(queue: QueueCard) -> str:
    if queue.oldest < OLD_QUEUE:
        return ""
    return _("The oldest should have left %(time)s ago. Look at the channels.") % {"time": times.length(queue.oldest)}


def _failed(pending: Pending) -> list[Matter]:
    if not pending.failed:
        return []
    title = _("%(count)s messages failed for good") % {"count": plain(pending.failed)}
    note = _("See why, and send again what may go.")
    return [Matter(icon="alert-triangle", tone="warn", title=title, note=note, url=reverse("outreach:failed"))]


def _replies(pending: Pending) -> list[Matter]:
    if not pending.replies:
        return []
    title = _("%(count)s replies wait for a person") % {"count": plain(pending.replies)}
    return [Matter(icon="message-search", tone="warn", title=title, url=reverse("outreach:replies"))]


def _doubts(pending: Pending) -> list[Matter]:
    if not pending.doubts:
        return []
    title = _("%(count)s messages in doubt") % {"count": plain(pending.doubts)}
    note = _("The oldest for %(time)s. Somebody should find out.") % {"time": times.length(pending.oldest_doubt)}
    tone: cards.Tone = "crit" if pending.oldest_doubt > OLD_DOUBT else "warn"
    return [Matter(icon="help-hexagon", tone=tone, title=title, note=note, url=reverse("outreach:doubts"))]


def _unreachable(pending: Pending, links: Links) -> list[Matter]:
    if not pending.unreachable:
        return []
    title = _("%(count)s interactions without a usable number") % {"count": plain(pending.unreachable)}
    note = _("%(share)s%% of what was excluded.") % {"share": f"{100 * pending.unreachable / pending.excluded:.0f}"}
    return [Matter(icon="user-question", tone="warn", title=title, note=note, url=links.decisions(part="unreachable"))]


def _sample(pending: Pending) -> list[Matter]:
    if pending.policy.share >= 1:
        return []
    percent = f"{pending.policy.share * 100:f}".rstrip("0").rstrip(".")
    title = _("%(percent)s%% are asked") % {"percent": percent}
    note = _("A sample of those who pass every other rule.")
    return [Matter(icon="flask", title=title, note=note, url=reverse("outreach:policy"))]
