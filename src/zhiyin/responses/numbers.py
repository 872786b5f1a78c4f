"""A number that a customer wrote back answers the headline question of the one survey they have open (G62).

Only where the operator wants it (``ZHIYIN_NUMBER_REPLIES=answer``). The link is used up as by the page; the other
questions stay empty.
"""

from datetime import datetime
from uuid import UUID

from zhiyin.lib.crypto import digest
from zhiyin.messaging.receiving.replies import list_for_a_person
from zhiyin.outreach.queries import open_link
from zhiyin.responses.models import Response
from zhiyin.responses.rules.filling import fill_record
from zhiyin.responses.submission import Submission, submit
from zhiyin.surveys.queries import version


def answer_by_number(invitation_id: int, *, score: int, reply_id: int, received_at: datetime) -> int | None:
    """The response's id; None where the link had died or was used meanwhile: then a person reads the reply.

    Safe to repeat.
    """
    body = UUID(bytes=digest(f"reply {reply_id}".encode())[:16])
    known = Response.objects.filter(invitation_id=invitation_id, body=body).values_list("pk", flat=True).first()
    if known is not None:
        return known
    link = open_link(invitation_id)
    card = version(link.survey_version_id) if link else None
    taken = None
    if link and card and card.questionnaire.headline:
        filled = fill_record({card.questionnaire.headline.key: [str(score)]}, card.questionnaire)
        told = {"from": "reply", "reply": str(reply_id)}
        given = Submission(
            token=link.token_hash,
            version_id=card.id,
            filled=filled,
            language=link.language,
            body=body,
            attributes=told,
        )
        taken = None if filled.faults else submit(given, now=received_at)
    if taken is None:
        list_for_a_person(reply_id)
    return taken
