"""A questionnaire as the customer sees it, for those who made it: the real page, and nothing that is sent is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from zhiyin.responses import rendering
from zhiyin.responses.prepared import prepare
from zhiyin.responses.rendering import Look
from zhiyin.responses.rules import fill_page, from_form
from zhiyin.surveys.queries import VersionCard

# What a real page tells about its link.
PLACES = {"started": b"0", "dies": "—".encode(), "token": b"preview", "served": "—".encode()}


@dataclass(frozen=True)
class Preview:
    html: bytes
    status: int
    policy: str


def page(card: VersionCard, query: Mapping[str, str], *, posted: Iterable[tuple[str, list[str]]] | None) -> Preview:
    """The empty page, or what a submission of ``posted`` would show."""
    languages = card.questionnaire.languages
    language = query.get("lang", "")
    look = Look(language if language in languages else languages[0], big=query.get("big") == "1", framed=True)
    status, html = HTTPStatus.OK, ""
    if posted is None:
        html = rendering.survey(card, look, served=True)
    else:
        typed, _others = from_form((name, value) for name, values in posted for value in values)
        filled = fill_page(typed, card.questionnaire)
        if filled.faults:
            status, html = HTTPStatus.UNPROCESSABLE_ENTITY, rendering.survey(card, look, served=True, filled=filled)
        else:
            html = rendering.thanks(card, look, low=filled.is_low or filled.wants_contact)
    policy = rendering.policy(look)
    return Preview(prepare(html, policy=policy).plain(PLACES), int(status), policy)
