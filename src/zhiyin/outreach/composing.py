"""What goes out, put together at the last moment: text, link and token of one message, from what it is made of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings

from zhiyin.lib.text import Text, pick
from zhiyin.messaging.actions import Leased
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.rules.segment import one_segment
from zhiyin.messaging.rules.setups import filled
from zhiyin.outreach.tokens import new_token
from zhiyin.surveys.queries import version

HOUR = timedelta(hours=1)


class CannotCompose(Exception):
    """Something that the text is made from is not there. Says what."""


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation promises, as far as its message needs it."""

    id: int
    survey_version_id: int
    language: str
    link_life: timedelta
    state: str
    created_at: datetime
    served_by: int | None = None


def invitation_envelope(leased: Leased, invited: Invited, *, to: str, organisation: Text, now: datetime) -> Envelope:
    """The invitation with a fresh token. Raises CannotCompose when its survey version has gone."""
    name = pick(organisation, invited.language)
    signature, text = _words(invited.survey_version_id, leased.channel, invited.language, name, invited.link_life)
    token = new_token()
    link = f"{settings.BASE_URL}/s/{token}"
    is_mail = leased.channel == "email"
    if not is_mail:
        between = "" if invited.language.startswith("zh") else " "
        text = one_segment(signature=signature + between, text=text, link=link)
    return Envelope(
        message_id=leased.id,
        to=to,
        subject=signature if is_mail else "",
        text=text.replace("{link}", link),
        sent_at=now,
        invitation_id=invited.id,
        link=link,
        token=token,
        words={"organisation": name, "hours": f"{invited.link_life / HOUR:g}"},
        unsubscribe=f"{settings.BASE_URL}/u/{token}/" if is_mail else "",
    )


def plain_envelope(leased: Leased, *, to: str, now: datetime) -> Envelope:
    """A message that brought its own words: an alert to staff, a care message. Raises CannotCompose without words."""
    text = leased.body.get("text", "")
    if not text:
        raise CannotCompose("the message has no text")
    return Envelope(
        message_id=leased.id,
        to=to,
        subject=leased.body.get("subject", ""),
        text=text,
        sent_at=now,
        html=leased.body.get("html", ""),
        files=tuple((name, kind, content) for name, kind, content in leased.body.get("files", ())),
    )


@lru_cache(maxsize=1024)
def _words(version_id: int, channel: str, language: str, organisation: str, link_life: timedelta) -> tuple[str, str]:
    """Signature (by mail: subject) and text, with all filled in but the link. A published version never changes."""
    card = version(version_id)
    if card is None:
        raise CannotCompose(f"there is no survey version {version_id}")
    words = card.questionnaire.email if channel == "email" else card.questionnaire.sms
    values = {"organisation": organisation, "hours": f"{link_life / HOUR:g}"}
    return filled(pick(words.signature, language), values), filled(pick(words.text, language), values)
