"""Verbs about messages. A worker leases, marks, sends and records; people settle doubts and set up channels."""

from zhiyin.messaging.actions.leasing import (
    LEASE,
    Leased,
    bring_forward,
    could_not_prepare,
    give_up,
    held,
    kinds_due,
    lease,
    put_off,
    take_back,
)
from zhiyin.messaging.actions.people import Withdrawn, resend, settle, settle_as_sent, withdraw
from zhiyin.messaging.actions.recovering import Recovered, recovering
from zhiyin.messaging.actions.sending import Recorded, mark_sending, note_segments, record_outcomes, still_ours
from zhiyin.messaging.actions.setting_up import (
    ChannelGiven,
    InvalidSetup,
    reseal_channels,
    set_up_channel,
    switch_channel,
)
from zhiyin.messaging.actions.trying import try_channel
from zhiyin.messaging.enqueue import Alert, Attachment, Outgoing, enqueue, queue_alert

__all__ = [
    "LEASE",
    "Alert",
    "Attachment",
    "ChannelGiven",
    "InvalidSetup",
    "Leased",
    "Outgoing",
    "Recorded",
    "Recovered",
    "Withdrawn",
    "bring_forward",
    "could_not_prepare",
    "enqueue",
    "give_up",
    "held",
    "kinds_due",
    "lease",
    "mark_sending",
    "note_segments",
    "put_off",
    "queue_alert",
    "record_outcomes",
    "recovering",
    "resend",
    "reseal_channels",
    "set_up_channel",
    "settle",
    "settle_as_sent",
    "still_ours",
    "switch_channel",
    "take_back",
    "try_channel",
    "withdraw",
]
