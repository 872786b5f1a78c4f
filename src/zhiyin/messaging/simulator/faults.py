"""How the gateway may misbehave, and for whom: by a rule, by ``?fault=`` in the address, or by the number's end."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

# What happens to the message, and to the answer. "before": the gateway does not have the message.
ANSWERS: Mapping[str, str] = {
    "timeout": "takes it and never answers",
    "slow": "takes it and answers after some seconds",
    "500": "takes it and answers 500",
    "500_before": "answers 500 and does not have it",
    "429": "answers 429 and does not have it",
    "reset_before": "hangs up before it has it",
    "reset_after": "takes it and hangs up",
    "half": "takes it and sends half an answer",
    "wrong_json": "takes it and answers with other JSON",
    "html": "takes it and answers 200 with a web page",
    "throttled": "says: too fast",
    "no_credit": "says: out of credit",
    "daily_cap": "says: this number has had enough today",
    "bad_number": "says: no such number",
    "bad_signature": "says: wrong signature",
}
RECEIPTS: Mapping[str, str] = {
    "no_receipt": "never says what became of it",
    "receipt_late": "says so after some seconds",
    "receipt_early": "says so before it answers",
    "receipt_twice": "says so twice",
    "receipt_reordered": "says: delivered, and then: accepted",
    "receipt_failed": "says: it did not arrive",
    "reply": "the customer answers R",
}
# What else HTTP can do, in numbers of their own, so that those above keep theirs; SMPP answers well.
OVER_HTTP: Mapping[str, str] = {
    "502": "takes it, and a proxy answers 502 with a web page",
    "503_before": "answers 503 with Retry-After and does not have it",
    "504": "takes it, and a proxy answers 504",
    "empty": "takes it and answers 200 with nothing",
    "redirect": "takes it and sends on to another address",
    "drips": "takes it and answers letter by letter",
    "endless": "takes it and answers without end",
    "reset_half": "takes it and hangs up in the middle of its answer",
}
KNOWN = {**ANSWERS, **RECEIPTS, **OVER_HTTP}
# Numbers that end so misbehave of themselves: 9001, 9002 … in this order.
BY_NUMBER: Mapping[str, str] = {f"{9001 + place}": name for place, name in enumerate(KNOWN)}
NOT_TAKEN = frozenset(
    {
        "500_before",
        "429",
        "reset_before",
        "throttled",
        "no_credit",
        "daily_cap",
        "bad_number",
        "bad_signature",
        "503_before",
    }
)
SECONDS = 5.0


@dataclass(slots=True)
class Rule:
    """Numbers that fit ``number`` (``*0001``, ``13800138000``, ``*``) meet this fault, ``times`` times or for ever."""

    number: str
    fault: str
    times: int | None = None
    seconds: float = SECONDS

    def fits(self, to: str) -> bool:
        return self.times != 0 and fnmatchcase(to, self.number)


@dataclass(frozen=True, slots=True)
class Mood:
    """How one message is met. Empty: well."""

    fault: str = ""
    seconds: float = SECONDS

    @property
    def takes_it(self) -> bool:
        return self.fault not in NOT_TAKEN


def mood_of(to: str, rules: list[Rule], asked: str = "") -> Mood:
    """The first rule that fits, then what the address asks for, then the number's own."""
    for rule in rules:
        if rule.fits(to):
            if rule.times is not None:
                rule.times -= 1
            return Mood(rule.fault, rule.seconds)
    if asked in KNOWN:
        return Mood(asked)
    return Mood(BY_NUMBER.get(to[-4:], ""))
