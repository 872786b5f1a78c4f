"""The ways out, as an administrator sets them up: who may, what goes by which, and a test message to oneself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from zhiyin.ledger.ids import new_id
from zhiyin.ledger.queries import EventCard, count_since, events
from zhiyin.ledger.record import record
from zhiyin.lib.errors import NotAllowed, NotFound, Refused
from zhiyin.lib.masking import mask_email, mask_phone
from zhiyin.lib.phones import Phone, PhoneKind, normalise
from zhiyin.lib.text import pick
from zhiyin.messaging import actions
from zhiyin.messaging.actions import ChannelGiven
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.channels.registry import DIALECTS, carried_by
from zhiyin.messaging.events import ChannelTried
from zhiyin.messaging.queries import ChannelCard, LastSeen, last_seen
from zhiyin.messaging.queries import channels as all_channels
from zhiyin.messaging.rules.outcomes import Outcome
from zhiyin.messaging.rules.routes import OUTBOX, route
from zhiyin.outreach.standing import ChannelRow, channel_rows
from zhiyin.people.access import Viewer
from zhiyin.people.identify import find_customer, lock_customers
from zhiyin.people.queries import organisation, staff_addresses, staff_cards
from zhiyin.people.roles import Permission
from zhiyin.ui import cards

TRIED = "messaging.channel_tried"
MOST_TRIES, WINDOW = 5, timedelta(minutes=10)
NO_TOKEN = "0" * 12  # of the shape that gateways expect; its link leads to the page of dead links
# What there is to carry, and the kind of channel that it asks for.
PURPOSES: Mapping[str, tuple[Promise, str]] = {
    "sms": (lazy("SMS to customers"), "sms"),
    "email": (lazy("E-mail to customers"), "email"),
    "staff": (lazy("Alerts to staff"), "email"),
}
# Told of only where a channel for them was set up: nobody misses what they never had.
EXTRAS: Mapping[str, tuple[Promise, str]] = {
    "wecom": (lazy("WeCom messages to customers"), "wecom"),
    "wechat": (lazy("WeChat messages to customers"), "wechat"),
    "webhook": (lazy("Webhooks"), "webhook"),
}
# How a kind of channel is called where one is added; elsewhere it has the dialect's own name.
TO_ADD: Mapping[str, Promise] = {
    "sms": lazy("SMS gateway"),
    "email": lazy("Mail server"),
    "outbox": lazy("Outbox file"),
}
ICONS: Mapping[str, str] = {"sms": "phone", "email": "send", OUTBOX: "inbox"}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the other side made of a test message, in words."""

    word: Promise
    sentence: Promise
    tone: cards.Tone
    icon: str


RESULTS: Mapping[str, Said] = {
    "accepted": Said(
        word=pgettext_lazy("test message", "taken"),
        sentence=lazy("The other side took it. Look whether it arrives."),
        tone="good",
        icon="circle-check",
    ),
    "later": Said(
        word=pgettext_lazy("test message", "not now"),
        sentence=lazy("The other side is there and will not take it now. Try again later, or ask the provider."),
        tone="warn",
        icon="clock",
    ),
    "refused": Said(
        word=pgettext_lazy("test message", "refused"),
        sentence=lazy("The other side is there and says no. Change the settings by what it said."),
        tone="bad",
        icon="alert-triangle",
    ),
    "not_sent": Said(
        word=pgettext_lazy("test message", "not sent"),
        sentence=lazy("Nothing has left. Check the address, the key and the encryption."),
        tone="bad",
        icon="alert-triangle",
    ),
    "doubtful": Said(
        word=pgettext_lazy("test message", "in doubt"),
        sentence=lazy("Something left, and no answer proves that it was taken. Look whether it arrives."),
        tone="bad",
        icon="help-hexagon",
    ),
}


class NotYourAddress(Refused):
    """A test message goes to whoever sends it and to nobody else."""

    code = "not_your_address"
    status = 422


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of the last test message. ``result`` is one of ``messaging.rules.outcomes.Result``."""

    at: datetime
    by: str
    to: str
    result: str
    detail: str
    provider_id: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A channel with all that its page shows. ``carries``: what goes by it now, in words."""

    row: ChannelRow
    last: LastSeen
    carries: Sequence[str]

    @property
    def card(self) -> ChannelCard:
        return self.row.card

    @property
    def is_always_there(self) -> bool:
        """The outbox file that nobody set up."""
        return self.card.updated_at is None


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of channel that can be added."""

    key: str
    label: str
    icon: str


@dataclass(frozen=True, kw_only=True)
class WayOut:
    """One thing to carry, and by which channel it goes; none: it fails."""

    purpose: str
    channel: str
    tone: cards.Tone


def outbox_path() -> str:
    """Where the outbox file lies on the server."""
    return str(settings.DATA_DIR / "outbox" / "messages.ndjson")


def kinds() -> list[Kind]:
    """Every kind of channel that can be added, the commonest first."""
    return [
        Kind(key=each.key, label=str(TO_ADD.get(each.key, each.label)), icon=ICONS.get(each.carries[0], "send"))
        for each in DIALECTS.values()
    ]


def label_of(kind: str) -> str:
    """The name of a kind of channel; its key where this version does not know it."""
    return str(DIALECTS[kind].label) if kind in DIALECTS else kind


def typed_address(kind: str) -> str:
    """What somebody types to send themselves a test message: a ``mobile``, an ``id`` there; nothing: by e-mail."""
    carries = carried_by(kind)
    return "mobile" if "sms" in carries else "id" if {"wecom", "wechat"} & set(carries) else ""


def may_set_up(by: Viewer) -> bool:
    """A channel carries every unit's messages and sees every number: it is for the whole organisation to decide."""
    return by.may(Permission.MANAGE_SETTINGS) and by.units is None


def entries(*, by: Viewer, now: datetime) -> list[Entry]:
    """Every channel, by name, and the outbox that is always there."""
    by.require(Permission.MANAGE_SETTINGS)
    found = all_channels(now=now)
    goes_by = _ways(_in_use(found))
    return [
        Entry(
            row=row,
            last=last_seen(row.card.key),
            carries=[str(_purpose(name)) for name, key in goes_by.items() if key == row.card.key],
        )
        for row in channel_rows(found)
    ]


def _purpose(name: str) -> Promise:
    return (PURPOSES.get(name) or EXTRAS[name])[0]


def entry_of(key: str, found: Sequence[Entry]) -> Entry:
    """One of them. Raises NotFound."""
    wanted = next((one for one in found if one.card.key == key), None)
    if wanted is None:
        raise NotFound
    return wanted


def ways(found: Sequence[Entry]) -> list[WayOut]:
    """What goes by which channel now."""
    names = {one.card.key: one.row.name for one in found}
    goes_by = _ways(_in_use([one.card for one in found]))
    return [
        WayOut(
            purpose=str(_purpose(name)),
            channel=names.get(key, key) if key else str(_("no way out")),
            tone="" if key else "bad",
        )
        for name, key in goes_by.items()
    ]


def set_up(given: ChannelGiven, *, by: Viewer, now: datetime) -> str:
    """Create or change a channel. Raises messaging's InvalidSetup and StaleEdit."""
    require(by)
    return actions.set_up_channel(given, by=by, now=now)


def switch(key: str, *, is_active: bool, by: Viewer, now: datetime) -> None:
    """Put a channel in or out of use. Raises NotFound."""
    require(by)
    actions.switch_channel(key, is_active=is_active, by=by, now=now)


def if_switched(card: ChannelCard, found: Sequence[ChannelCard]) -> list[str]:
    """What would go another way, or none, if this channel were switched on or off."""
    before = _in_use(found)
    mine = (card.key, carried_by(card.kind))
    after = [one for one in before if one[0] != card.key] if card.is_active else [*before, mine]
    goes_by, then = _ways(before), _ways(after)
    changed = [name for name in {**goes_by, **then} if goes_by.get(name) != then.get(name)]
    return [_changed(str(_purpose(name)), then.get(name)) for name in changed]


def _changed(purpose: str, key: str | None) -> str:
    if key is None:
        return _("%(purpose)s: no way out. Each such message fails at once, and its customer is not asked.") % {
            "purpose": purpose
        }
    return _("%(purpose)s: by “%(key)s” from then on.") % {"purpose": purpose, "key": key}


InUse = Sequence[tuple[str, Sequence[str]]]


def _in_use(found: Sequence[ChannelCard]) -> list[tuple[str, Sequence[str]]]:
    return [(card.key, carried_by(card.kind)) for card in found if card.updated_at is not None and card.is_active]


def _ways(in_use: InUse) -> dict[str, str | None]:
    found = {name: route(what, in_use) for name, (_words, what) in PURPOSES.items()}
    found |= {"staff": found["staff"] or OUTBOX}  # an alert is never lost: the file takes it
    carried = {what for _key, carries in in_use for what in carries}
    return found | {name: route(what, in_use) for name, (_words, what) in EXTRAS.items() if what in carried}


def send_myself(key: str, *, mobile: str, by: Viewer, now: datetime) -> Outcome:
    """Send whoever asks a test message by this channel, in use or not, and return what the other side said.

    It goes to the address they sign in with; by SMS to the mobile number that they give, by WeCom or WeChat to their
    id there, which are not kept, and must not be a customer's. Raises NotYourAddress, and Refused when they have tried
    too often.
    """
    require(by)
    card = next((one for one in all_channels(now=now) if one.key == key), None)
    if card is None:
        raise NotFound
    if count_since(now - WINDOW, kind=TRIED, actor=by.actor) >= MOST_TRIES:
        raise Refused(_("That was a lot of test messages."), next_step=_("Wait ten minutes."), code="too_many_tries")
    match typed_address(card.kind):
        case "mobile":
            to, masked = _own_mobile(key, mobile, by=by, now=now)
        case "id":
            to, masked = _own_id(mobile)
        case _:
            to, masked = _own_mail(by)
    return actions.try_channel(key, _test_message(card, to, by=by, now=now), masked=masked, by=by, now=now)


def last_trial(key: str) -> Trial | None:
    """The newest test message by this channel, as the ledger tells it."""
    found = events(kind=TRIED, subject=f"channel:{key}", limit=1)
    return _trial(found[0]) if found else None


def _trial(card: EventCard) -> Trial:
    number = card.actor.removeprefix("staff:")
    people = staff_cards([int(number)]) if number.isdigit() else {}
    who = next((one.name for one in people.values()), card.actor)
    told = {name: str(card.data[name]) for name in ("to", "result", "detail", "provider_id")}
    return Trial(at=card.at, by=who, **told)


def _own_mail(by: Viewer) -> tuple[str, str]:
    address = staff_addresses([by.staff_id]).get(by.staff_id) if by.staff_id else None
    if not address:
        raise NotYourAddress(_("Your account has no e-mail address."), next_step=_("Add one under “Staff”."))
    return address, mask_email(address)


def _own_id(typed: str) -> tuple[str, str]:
    if not re.fullmatch(r"[A-Za-z0-9_@.-]{1,64}", typed):
        raise NotYourAddress(_("Give your own id there: letters, digits and signs."))
    return typed, f"{typed[:2]}***"


def _own_mobile(key: str, typed: str, *, by: Viewer, now: datetime) -> tuple[str, str]:
    phone = normalise(typed)
    if not isinstance(phone, Phone) or phone.kind is PhoneKind.LANDLINE:
        raise NotYourAddress(_("Give a mobile number of 11 digits, or one from abroad that begins with +."))
    masked = mask_phone(phone)
    if _is_customers(phone):
        with transaction.atomic():
            # Recorded and counted as a try: else this would tell, as often as one likes, who is a customer.
            fact = ChannelTried(key=key, to=masked, result="not_sent", detail="a customer's number", provider_id="")
            record(fact, by=by, now=now, subject=f"channel:{key}")
        raise NotYourAddress(_("This number is a customer's. A test message may only go to yourself."))
    return phone.e164, masked


@transaction.atomic
def _is_customers(phone: Phone) -> bool:
    """Whether somebody outside the organisation has this number; colleagues may stand among the customers too."""
    customer = find_customer("phone", phone.e164)
    known = lock_customers([customer]).get(customer) if customer else None
    return known is not None and not known.is_internal


def _test_message(card: ChannelCard, to: str, *, by: Viewer, now: datetime) -> Envelope:
    found = organisation()
    name = pick(found.name, by.language) if found else ""
    text = _("Test: the channel “%(key)s” sends messages. An administrator sent this to themselves.") % {
        "key": card.key
    }
    return Envelope(
        message_id=new_id(now=now),
        to=to,
        subject=_("Test message of %(name)s") % {"name": name},
        text=f"【{name}】{text}" if "sms" in carried_by(card.kind) else text,
        sent_at=now,
        link=f"{settings.BASE_URL}/s/{NO_TOKEN}",
        token=NO_TOKEN,
        words={"organisation": name, "hours": "8"},
    )


def require(by: Viewer) -> None:
    by.require(Permission.MANAGE_SETTINGS)
    if by.units is not None:
        raise NotAllowed(
            _("Channels carry the messages of the whole organisation."),
            next_step=_("Ask an administrator of the whole organisation."),
        )
