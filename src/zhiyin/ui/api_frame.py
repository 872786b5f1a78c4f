"""The frame around every API call: read a strict body, answer with RFC 9457 problems, page by cursor.

Bodies never meet the framework's own parser: plain endpoints answered 7 of 20 malformed bodies with 500.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhiyin.lib.clean import JsonLimits, Query, parse_json
from zhiyin.lib.faults import Fault, Unclean, fault
from zhiyin.lib.json_text import encoder

LARGEST_BODY = 8 * 1024 * 1024  # bytes; a batch of 1,000 interactions is about 0.5 MB
LARGEST_BATCH = 1000
LARGEST_ID = 2**63 - 1
VOCABULARY = ("touchpoint", "survey")  # the same words for every branch: a wrong one is a wrong word
PIECE = 64 * 1024  # bytes of a body without a length that are read at a time
DOCS = "/api/v1/docs#"


class Problem(Exception):
    """An answer that is not a success. ``errors`` name fields; nothing was written."""

    def __init__(
        self, status: int, code: str, detail: object = "", *, faults: Iterable[Fault] = (), retry_after: int = 5
    ) -> None:
        super().__init__(code)
        self.retry_after = retry_after
        self.status, self.code, self.detail, self.faults = status, code, detail, tuple(faults)


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as ``application/problem+json``, with the request id that the log carries too."""
    errors = shown_faults(problem.faults)
    title = _title(problem.status)
    detail = str(problem.detail) or (errors[0]["message"] if errors else title)
    body = {
        "type": f"{DOCS}{problem.code}",
        "title": title,
        "status": problem.status,
        "code": problem.code,
        "detail": detail,
        "errors": errors,
        "request_id": getattr(request, "request_id", ""),
    }
    position = next((one.position for one in problem.faults if one.position is not None), None)
    if position is not None:
        body["position"] = position
    response = JsonResponse(body, status=problem.status, json_dumps_params={"ensure_ascii": False})
    response.headers["Content-Type"] = "application/problem+json"
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.status in (429, 503):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _title(status: int) -> str:
    titles = {
        400: _("The request cannot be read."),
        401: _("A valid API key is needed."),
        403: _("This API key may not do this."),
        404: _("There is nothing at this address."),
        405: _("This address does not take this method."),
        409: _("This contradicts what is already recorded."),
        413: _("The body is too large."),
        415: _("The body must be JSON in UTF-8."),
        422: _("Some fields are not acceptable."),
        429: _("Too many requests."),
        503: _("This is not available for the moment."),
    }
    return titles.get(status, _("The request failed."))


def read_json(request: HttpRequest, *, largest: int = LARGEST_BODY, expect: tuple[type, ...] = (dict,)) -> Any:
    """The body as a JSON value. Raises Problem 400, 413 or 415 (A01–A23); nothing is parsed before it is measured."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Problem(415, "content_encoding", _("Send the body without Content-Encoding."))
    kind, _sign, parameters = (request.headers.get("Content-Type") or "").lower().partition(";")
    is_json = kind.strip() == "application/json" and ("charset" not in parameters or "utf-8" in parameters)
    if not is_json and (kind or not _is_empty(request)):  # where there is nothing at all, that is what is wrong (A01)
        raise Problem(415, "content_type", _("Send application/json in UTF-8."))
    # A text that cannot be stored is refused by its own field, which can name itself.
    limits = JsonLimits(max_bytes=largest, max_items=LARGEST_BATCH, unsafe_text=True)
    try:
        return parse_json(_raw_body(request, largest), limits=limits, expect=expect)
    except Unclean as unclean:
        raise Problem(unclean.status, unclean.faults[0].code, faults=unclean.faults) from unclean


def _raw_body(request: HttpRequest, largest: int) -> bytes:
    length = request.headers.get("Content-Length", "")
    if length and not (length.isascii() and length.isdigit()):
        raise Problem(400, "content_length", _("Content-Length is not a number."))
    if length and int(length) > largest:
        raise _too_large(largest)
    try:
        raw = _in_pieces(request, largest) if "Transfer-Encoding" in request.headers else request.read(largest + 1)
    except UnreadablePostError as cut:
        raise _cut_short() from cut
    if len(raw) > largest:
        raise _too_large(largest)
    if length and len(raw) < int(length):
        raise _cut_short()
    return raw


def _is_empty(request: HttpRequest) -> bool:
    return request.headers.get("Content-Length", "0") in ("", "0") and "Transfer-Encoding" not in request.headers


def _in_pieces(request: HttpRequest, largest: int) -> bytes:
    """A body without a length (chunked). Django would read none of it; here it ends at the limit, if it ends at all."""
    stream = request.META["wsgi.input"]
    pieces, size = [], 0
    while size <= largest and (piece := stream.read(PIECE)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _too_large(largest: int) -> Problem:
    return Problem(413, "body_too_large", _("At most %(limit)s bytes are taken at once.") % {"limit": largest})


def _cut_short() -> Problem:
    return Problem(400, "body_cut_short", _("The body is shorter than Content-Length says."))


def read_batch(request: HttpRequest) -> tuple[list[Any], bool]:
    """One object or an array of 1 to 1,000: ``(items, it was an array)``."""
    value = read_json(request, expect=(dict, list))
    if isinstance(value, dict):
        return [value], False
    if not value:
        raise Problem(400, "json_invalid", faults=[fault("json_invalid.empty_list", position=0)])
    return value, True


def refusal(faults: Sequence[Fault]) -> Problem:
    """The answer to one object that was not taken: 422, or 404 when all that is wrong is a name of something that is
    not there. What another branch has is not there either, in the same words (A68)."""
    absent = all(one.code == "unknown_key" and one.field not in VOCABULARY for one in faults)
    return Problem(404 if absent else 422, faults[0].code, faults=faults)


def shown_faults(faults: Sequence[Fault]) -> list[dict[str, str]]:
    """Faults as an answer lists them, in the language of the request."""
    language = get_language() or "en"
    return [{"field": one.field, "code": one.code, "message": one.sentence(language)} for one in faults]


def clean_query(request: HttpRequest, query: Query) -> dict[str, Any]:
    """The parameters of the address, each known and given once. Raises Problem 400 with the allowed list (A70–A77)."""
    found, faults = query.clean(request.META.get("QUERY_STRING", ""))
    if faults:
        raise Problem(400, faults[0].code, faults=faults)
    return found


def id_in_path(text: str) -> int:
    """An id from the address. Whatever is no id of ours names nothing: 404 (A78)."""
    if not _is_id(text):
        raise Problem(404, "not_found")
    return int(text)


def id_in_query(text: str | None, *, name: str = "cursor") -> int | None:
    """An id from the query string, None where it was not given. Raises Problem 400 for what is no id."""
    if not text:
        return None
    if not _is_id(text):
        raise Problem(400, f"{name}_invalid", faults=[fault("text_pattern", field=name, pattern="[0-9]{1,19}")])
    return int(text)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= LARGEST_ID


def page(rows: Sequence[Any], *, limit: int, cursor_of: Callable[[Any], object]) -> dict[str, Any]:
    """``{"items", "next"}`` from ``limit + 1`` rows already rendered; ``next`` is null on the last page."""
    more = len(rows) > limit
    shown = list(rows[:limit])
    return {"items": shown, "next": str(cursor_of(shown[-1])) if more else None}


_encode = encoder()


def answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """JSON, Chinese as Chinese."""
    response = HttpResponse(_encode(body), status=status, content_type="application/json")
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response
