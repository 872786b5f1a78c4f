"""What gateways and broken lines said, in words: what it means for us first; their own words stay as a detail."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from zhiyin.messaging.actions.recovering import DIED
from zhiyin.messaging.rules.answers import Broken

BROKE_OFF = "the channel broke off"
_BROKEN: Mapping[str, Promise] = {
    Broken.NO_SUCH_HOST: lazy("the gateway's name leads nowhere"),
    Broken.ADDRESS_NOT_ALLOWED: lazy("the gateway's address is not allowed"),
    Broken.NOT_CONNECTED: lazy("the gateway could not be reached"),
    Broken.NOT_SECURE: lazy("no secure connection to the gateway"),
    Broken.WRITING: lazy("the line broke while sending"),
    Broken.WAITING: lazy("the gateway did not answer in time"),
    Broken.READING: lazy("the gateway's answer was cut off"),
    Broken.TOO_LONG: lazy("the gateway's answer was too long"),
    DIED: lazy("the program stopped while sending"),
    BROKE_OFF: lazy("the channel broke off"),
}
_HTTP = re.compile(r"HTTP (\d{3})\b")


def in_words(detail: str) -> str:
    """What it means; nothing where only the gateway's own words say so."""
    for head, words in _BROKEN.items():
        if detail == head or detail.startswith(f"{head}:"):
            return str(words)
    found = _HTTP.match(detail)
    if found is None:
        return ""
    status = int(found[1])
    told = {"status": status}
    if status >= 500:
        return _("the gateway has a fault of its own (HTTP %(status)s)") % told
    if status == 429:
        return _("the gateway wants fewer messages at once (HTTP %(status)s)") % told
    if status in (401, 403, 407):
        return _("the gateway does not accept our key (HTTP %(status)s)") % told
    if status >= 300:
        return _("the gateway does not take the request (HTTP %(status)s)") % told
    if ", no" in detail[:20]:
        return _("the gateway's answer proves nothing")
    return _("the gateway refused it")
