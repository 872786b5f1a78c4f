"""Huawei Cloud's words for what became of a call and of a message, from its lists of error codes."""

from collections.abc import Mapping

from zhiyin.messaging.rules.codes import Codes, Means
from zhiyin.messaging.rules.signals import Delivery

SENDING = Codes(
    {
        "000000": Means.ACCEPTED,
        "E000112": Means.OUT_OF_CREDIT,  # account frozen: empty, says the guide first
        "E00000*": Means.SET_UP,  # the header Authorization lacks something
        "E00002*": Means.SET_UP,  # the header X-WSSE lacks something
        "E00010*": Means.SET_UP,  # application, key or digest are not known
        "E00011*": Means.SET_UP,
        "E000000": Means.DOUBTFUL,  # "system error"
        "E000503": Means.REFUSED,  # a parameter's form
        "E000510": Means.REFUSED,  # sending failed; the status of the message says why
        "E000620": Means.LATER,  # flow control
        "E200015": Means.LATER,  # too many waiting to be sent
        "E200028": Means.REFUSED,  # a value does not fit its variable
        "E200029": Means.SET_UP,  # the template's type
        "E200030": Means.SET_UP,  # the template is not active
        "E200031": Means.SET_UP,
        "E200033": Means.SET_UP,
        "E200041": Means.DOUBTFUL,  # the same text to the same number: an earlier one may have been ours
    }
)
REPORTS: Mapping[str, Delivery] = {
    "DELIVRD": Delivery.DELIVERED,
    "ACCEPTD": Delivery.ACCEPTED,
    "EXPIRED": Delivery.FAILED,
    "DELETED": Delivery.FAILED,
    "UNDELIV": Delivery.FAILED,
    "REJECTD": Delivery.FAILED,
    "UNKNOWN": Delivery.UNREAD,
}


def delivery_of(status: str) -> Delivery:
    """What a report says. A code of the platform's own (E2…) or of a carrier's (MK:0001) is a failure."""
    if status in REPORTS:
        return REPORTS[status]
    is_code = (status[:1] == "E" and status[1:].isdigit()) or ":" in status
    return Delivery.FAILED if is_code else Delivery.UNREAD
