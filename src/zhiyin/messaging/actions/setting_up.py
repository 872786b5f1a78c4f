"""Setting up channels. Their settings are checked whole, sealed, and never shown again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from zhiyin.ledger.record import Actor, record
from zhiyin.lib.crypto import Unreadable
from zhiyin.lib.errors import NotFound, Refused, StaleEdit
from zhiyin.messaging.channels.registry import DIALECTS, read_settings, setup_class
from zhiyin.messaging.events import ChannelSetUp
from zhiyin.messaging.models import Channel
from zhiyin.messaging.rules.routes import OUTBOX
from zhiyin.messaging.rules.setups import HIDDEN, BadSetup, Fault, as_shown
from zhiyin.messaging.ways import place_of, private_hosts, vault

LONGEST_KEY = 40  # characters


class InvalidSetup(Refused):
    """Something in the settings is wrong; ``faults`` names each field with its code and a sentence."""

    code = "invalid_channel"
    status = 422

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = [(fault.field, fault.code, sentence(fault)) for fault in faults]
        super().__init__(" ".join(words for _, _, words in self.faults))


@dataclass(frozen=True, kw_only=True)
class ChannelGiven:
    """A channel as an administrator describes it. What is left as it was shown (•••) stays what it is.

    ``is_active`` None leaves that as it is, a new channel off. ``is_new``: refused where there is one of this key.
    ``as_of``: refused where somebody has changed it since this moment.
    """

    key: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_active: bool | None = True
    is_new: bool = False
    as_of: datetime | None = None


@transaction.atomic
def set_up_channel(given: ChannelGiven, *, by: Actor, now: datetime) -> str:
    """Create or change a channel; returns ``created`` or ``updated``. Raises InvalidSetup with every fault, StaleEdit.

    Failures counted so far are forgotten: new settings deserve a new try.
    """
    if given.kind not in DIALECTS:
        raise InvalidSetup([Fault("kind", "not_a_choice")])
    row = Channel.objects.select_for_update().filter(key=given.key).first() if given.key.isidentifier() else None
    _refuse_old_news(row, given)
    before = _as_it_was(row) if row is not None and row.kind == given.kind else {}
    settings = _resolved(given, before)
    faults = [*_key_faults(row, given), *_setting_faults(given, settings, before)]
    if faults:
        raise InvalidSetup(faults)
    done = "updated" if row else "created"
    is_active = given.is_active if given.is_active is not None else bool(row and row.is_active)
    if row is None:
        row = _created(given, is_active=is_active, now=now)
    Channel.objects.filter(pk=row.pk).update(
        kind=given.kind,
        settings_sealed=_sealed(row.pk, settings),
        is_active=is_active,
        updated_at=now,
        failures=0,
        rests_until=None,
        trouble="",
    )
    usual = {each.name: each.default for each in fields(setup_class(given.kind)) if each.default is not MISSING}
    names = settings.keys() | before.keys()
    changed = sorted(name for name in names if (usual | settings).get(name) != (usual | before).get(name))
    fact = ChannelSetUp(key=given.key, kind=given.kind, is_active=is_active, changed=changed)
    record(fact, by=by, now=now, subject=f"channel:{given.key}")
    return done


def _created(given: ChannelGiven, *, is_active: bool, now: datetime) -> Channel:
    try:
        with transaction.atomic():
            return Channel.objects.create(key=given.key, kind=given.kind, is_active=is_active, updated_at=now)
    except IntegrityError:  # somebody else took the name since we looked
        raise InvalidSetup([Fault("key", "taken")]) from None


def _refuse_old_news(row: Channel | None, given: ChannelGiven) -> None:
    if given.as_of is not None and (row is None or row.updated_at != given.as_of):
        raise StaleEdit(
            _("Somebody else has changed this channel meanwhile."),
            next_step=_("Look at what it says now, then make your change again."),
        )


def _key_faults(row: Channel | None, given: ChannelGiven) -> list[Fault]:
    if not given.key.isidentifier() or len(given.key) > LONGEST_KEY:
        return [Fault("key", "bad_key")]
    if given.key == OUTBOX and given.kind != OUTBOX:
        return [Fault("key", "reserved")]
    return [Fault("key", "taken")] if row is not None and given.is_new else []


def _resolved(given: ChannelGiven, before: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with what was left as it was shown put back in place."""
    shown = as_shown(before, secret=setup_class(given.kind).SECRET)
    kept = {name for name, value in given.settings.items() if name in before and value == shown[name]}
    return {
        name: before[name] if name in kept else value
        for name, value in given.settings.items()
        if value != HIDDEN or name in kept
    }


def _setting_faults(given: ChannelGiven, settings: Mapping[str, Any], before: Mapping[str, Any]) -> list[Fault]:
    faults = []
    cls = setup_class(given.kind)
    try:
        read_settings(given.kind, settings, private_hosts=private_hosts())
    except BadSetup as bad:
        faults = bad.faults
    if before and cls.destination(settings) != cls.destination(before):
        # Else whoever may set up channels could read every secret: by having it sent to a host of their own.
        kept = [name for name in cls.SECRET if before.get(name) and given.settings.get(name) == HIDDEN]
        faults += [Fault(name, "give_again") for name in sorted(kept)]
    return faults


@transaction.atomic
def switch_channel(key: str, *, is_active: bool, by: Actor, now: datetime) -> None:
    """Put a channel in or out of use. What waits goes by the next one of its kind. Raises NotFound."""
    row = Channel.objects.select_for_update().filter(key=key).first()
    if row is None:
        raise no_such_channel(key)
    Channel.objects.filter(pk=row.pk).update(is_active=is_active, updated_at=now, failures=0, rests_until=None)
    fact = ChannelSetUp(key=key, kind=row.kind, is_active=is_active, changed=["is_active"])
    record(fact, by=by, now=now, subject=f"channel:{key}")


@transaction.atomic
def reseal_channels() -> int:
    """Seal every channel's settings with the newest key, for ``keys rotate``. Returns how many."""
    rows = list(Channel.objects.select_for_update().exclude(settings_sealed=None))
    for row in rows:
        Channel.objects.filter(pk=row.pk).update(settings_sealed=_sealed(row.pk, _opened(row)))
    return len(rows)


def no_such_channel(key: str) -> NotFound:
    """Nobody set it up, or its name was mistyped."""
    return NotFound(_("There is no channel %(key)s.") % {"key": key})


def _as_it_was(row: Channel) -> dict[str, Any]:
    """Nothing where the settings cannot be read any more, so that they can be filled in anew."""
    try:
        return _opened(row)
    except Unreadable:
        return {}


def _opened(row: Channel) -> dict[str, Any]:
    if row.settings_sealed is None:
        return {}
    opened: dict[str, Any] = json.loads(vault().open(bytes(row.settings_sealed), place=place_of(row.pk)))
    return opened


def _sealed(channel_id: int, settings: Mapping[str, Any]) -> bytes:
    return vault().seal(json.dumps(settings, ensure_ascii=False), place=place_of(channel_id))


def sentence(fault: Fault) -> str:
    """The fault in words, with what to do about it."""
    return _SENTENCES[fault.code]() % {"field": fault.field}


_SENTENCES: Mapping[str, Callable[[], str]] = {
    "unknown": lambda: _("There is no setting “%(field)s”."),
    "missing": lambda: _("Fill in “%(field)s”."),
    "wrong_type": lambda: _("“%(field)s” has the wrong form."),
    "line_break": lambda: _("“%(field)s” must be one line without control characters."),
    "out_of_range": lambda: _("“%(field)s” is out of range."),
    "not_a_choice": lambda: _("“%(field)s” is not one of the choices."),
    "not_an_address": lambda: _("“%(field)s” is not an e-mail address."),
    "password_needs_tls": lambda: _("A password needs an encrypted connection: choose TLS or STARTTLS."),
    "not_a_url": lambda: _("“%(field)s” must be an address such as https://gateway.example.com/send."),
    "needs_https": lambda: _("“%(field)s” must begin with https, unless the operator allowed this host."),
    "form_is_flat": lambda: _("A form's “%(field)s” is a list of names with texts, one level deep."),
    "unknown_placeholder": lambda: _("“%(field)s” may hold {to}, {e164}, {text}, {link}, {token} and {message} only."),
    "placeholder_missing": lambda: _("“%(field)s” must hold {to} and one of {text}, {link}, {token}."),
    "variable_too_long": lambda: _("A value in “%(field)s” is longer than the provider takes."),
    "variable_link": lambda: _(
        "Providers take no link in “%(field)s”. Write the address into the template, and give only {token} here."
    ),
    "variable_letters": lambda: _("A value in “%(field)s” may hold letters, digits and underscores only."),
    "unknown_variable": lambda: _("“%(field)s” may hold {token}, {organisation} and {hours} only."),
    "token_missing": lambda: _("“%(field)s” must hold {token}: without it nobody can open the survey."),
    "not_a_number": lambda: _("“%(field)s” takes digits only."),
    "not_an_aes_key": lambda: _("“%(field)s” has 43 letters and digits."),
    "not_a_webhook_key": lambda: _("“%(field)s” begins with whsec_, and 24 to 64 bytes in base64 follow."),
    "not_a_robot": lambda: _("“%(field)s” holds an address of a service that is not known or not allowed."),
    "not_a_network": lambda: _("“%(field)s” takes addresses such as 117.78.29.0/24, separated by commas."),
    "bad_header": lambda: _("“%(field)s” holds a header that no request can carry."),
    "too_short": lambda: _("“%(field)s” must have at least 32 characters."),
    "too_long": lambda: _("“%(field)s” is too long."),
    "not_ascii": lambda: _("“%(field)s” may hold Latin letters, digits and signs only."),
    "not_a_host": lambda: _("“%(field)s” must be the name of a server, such as mail.example.com."),
    "private_address": lambda: _(
        "“%(field)s” lies inside the own network. Only the operator can allow that, in ZHIYIN_PRIVATE_GATEWAYS."
    ),
    "give_again": lambda: _("Give “%(field)s” again: what is kept was meant for another server."),
    "bad_key": lambda: _("“%(field)s” is made of letters, digits and underscores, at most 40, a letter first."),
    "reserved": lambda: _("“outbox” names the outbox file. Choose another name."),
    "taken": lambda: _("There is a channel of this name already. Choose another one."),
}
