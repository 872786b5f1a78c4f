"""What the clouds' SMS dialects share: their templates' variables, and how an answer is read pessimistically."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from zhiyin.messaging.channels.http import CannotCarry
from zhiyin.messaging.channels.pinned import Answer
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.rules.answers import Reading, read_http, without
from zhiyin.messaging.rules.codes import Codes, Means, outcome
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.rules.setups import filled, holders
from zhiyin.messaging.rules.setups.templated import Variables

_FAULTS: Mapping[str, str] = {
    "variable_too_long": "a value for the template is longer than the provider takes",
    "variable_link": "a value for the template holds a link",
    "variable_letters": "a value for the template holds letters that the provider refuses",
}


def values_for(texts: Sequence[str], envelope: Envelope, rule: Variables) -> list[str]:
    """The values of the template's variables for one message. Raises CannotCarry where the provider would refuse."""
    known = {"token": envelope.token, **envelope.words}
    found = []
    for text in texts:
        missing = sorted(name for name in holders(text) if not known.get(name))
        if missing:
            raise CannotCarry(f"the message has nothing for {{{missing[0]}}}: this gateway takes survey links only")
        value = filled(text, known)
        if code := rule.fault(value):
            raise CannotCarry(_FAULTS[code])
        found.append(value)
    return found


def json_in(answer: Answer) -> Any:
    """The answer's JSON; None where it is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def at(found: Any, *path: str | int) -> Any:
    """What stands at a place of an answer; None where there is nothing."""
    for part in path:
        if isinstance(part, int):
            found = found[part] if isinstance(found, list) and len(found) > part else None
        else:
            found = found.get(part) if isinstance(found, Mapping) else None
    return found


def said(found: Any) -> str:
    """A code or sentence of an answer as a text."""
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def judged(
    answer: Answer, code: str, message: str, codes: Codes, *, hidden: Iterable[str], provider_id: str, now: datetime
) -> Outcome:
    """What a code proves. An answer without one is read as any gateway's (a 2xx without a code proves nothing)."""
    hidden = tuple(hidden)
    if not code:
        # Nothing stands at such a path: so that no complete answer without a code passes for a yes.
        reading = Reading(success_path="no code", hidden=hidden)
        return read_http(answer.status, answer.body, headers=answer.headers, reading=reading)
    means = codes.means(code)
    if means is Means.ACCEPTED and not provider_id:
        return Outcome(Result.DOUBTFUL, "taken, and no number of it given")
    if answer.status >= 500 and means is not Means.LATER:  # whatever it says, the server says too that it fell over
        means = Means.DOUBTFUL
    detail = without(f"HTTP {answer.status} {code} {message}", hidden)
    return outcome(means, detail, provider_id=provider_id, now=now)
