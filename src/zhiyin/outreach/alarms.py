"""Alarms about gateways, as alerts to those who run the channels."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _

from zhiyin.messaging.actions import Alert, queue_alert
from zhiyin.messaging.events import CallbacksRefused, ChannelPaused, DoubtsOld, PushesSilent, ReceiptsUnread
from zhiyin.messaging.ways import way_of
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_of
from zhiyin.people.roles import Role

LOOP = Viewer.system("loop")


def tell_administrators(alarm: object, *, now: datetime) -> list[int]:
    """Queue an alert to each administrator, and one to the robots where a channel for staff is in use; returns the
    messages. Alerts overtake customers."""
    staff = staff_of(by=LOOP, roles=[Role.ADMINISTRATOR])
    with translation.override(None):  # the organisation's own language
        subject, text = _WORDS[type(alarm)](alarm)
    alerts = [Alert(staff_id=one.id, subject=subject, text=text) for one in staff]
    way = way_of("staff")
    if alerts and way is not None and way.kind == "staff":
        alerts.append(alerts[0]._replace(channel="staff"))
    return queue_alert(alerts, now=now)


def _refused(alarm: CallbacksRefused) -> tuple[str, str]:
    values = {"channel": alarm.channel, "count": alarm.count, "why": alarm.why}
    return (
        _("Forged calls to channel %(channel)s") % values,
        _(
            "%(count)s calls in the name of channel %(channel)s could not prove where they come from (%(why)s). "
            "Nothing was changed. If they are your provider's, give it the address that the channel's settings show."
        )
        % values,
    )


def _paused(alarm: ChannelPaused) -> tuple[str, str]:
    values = {"channel": alarm.key, "why": alarm.because}
    return (
        _("Channel %(channel)s is paused") % values,
        _(
            "The provider of channel %(channel)s takes no more messages (%(why)s). What waits is kept; one message an "
            "hour finds out whether it goes on. Fill the account, then save the channel's settings to go on at once."
        )
        % values,
    )


def _silent(alarm: PushesSilent) -> tuple[str, str]:
    values = {"channel": alarm.channel}
    asked = (
        _("The provider is asked instead, every few minutes.")
        if alarm.asked
        else _("This provider cannot be asked, so what became of the messages is not known.")
    )
    told = (
        _("Channel %(channel)s has sent messages, and for half an hour nobody has said what became of them.") % values
    )
    return _("Channel %(channel)s hears nothing back") % values, f"{told} {asked}"


def _unread(alarm: ReceiptsUnread) -> tuple[str, str]:
    values = {"channel": alarm.channel, "unread": alarm.unread, "receipts": alarm.receipts}
    return (
        _("Channel %(channel)s speaks in unknown words") % values,
        _(
            "%(unread)s of %(receipts)s receipts of channel %(channel)s carry a status this version does not know. "
            "They are kept and change nothing. Compare the provider's list of codes."
        )
        % values,
    )


def _doubts(alarm: DoubtsOld) -> tuple[str, str]:
    since = datetime.fromisoformat(alarm.since).astimezone(get_default_timezone())
    values = {"channel": alarm.channel, "count": alarm.count, "since": f"{since:%Y-%m-%d %H:%M}"}
    return (
        _("Messages of channel %(channel)s are in doubt") % values,
        _(
            "%(count)s messages of channel %(channel)s have been in doubt for more than an hour, the oldest since "
            "%(since)s. They count as sent and do not go again by themselves. Ask the provider, then say what you "
            "found under Outreach › Messages in doubt."
        )
        % values,
    )


_WORDS: Mapping[type, Callable[[Any], tuple[str, str]]] = {
    CallbacksRefused: _refused,
    ChannelPaused: _paused,
    PushesSilent: _silent,
    ReceiptsUnread: _unread,
    DoubtsOld: _doubts,
}
