"""What a provider's own words mean for one message. A word that nobody documented proves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from zhiyin.messaging.rules.answers import PROVIDER_ID_LENGTH, tidy
from zhiyin.messaging.rules.outcomes import Outcome, Result

BEIJING = timezone(timedelta(hours=8))  # in which the carriers' days begin, and gateways write their times
A_MINUTE = timedelta(minutes=1)


class Means(StrEnum):
    """What one word of a gateway says."""

    ACCEPTED = "accepted"
    LATER = "later"  # throttled: it does not have the message
    DAILY_CAP = "daily_cap"  # this number has had what is allowed in a day
    OUT_OF_CREDIT = "out_of_credit"
    SET_UP = "set_up"  # our key, signature or template is wrong: no message leaves until that is mended
    REFUSED = "refused"  # this message, for good
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Codes:
    """The documented words. A key that ends in a dot or a star stands for all that begin so; the longest wins."""

    words: Mapping[str, Means]

    def means(self, word: str) -> Means:
        if word in self.words:
            return self.words[word]
        fits = [key for key in self.words if key[-1:] in (".", "*") and word.startswith(key.rstrip("*"))]
        return self.words[max(fits, key=len)] if fits else Means.DOUBTFUL


_RESULTS: Mapping[Means, Result] = {
    Means.ACCEPTED: Result.ACCEPTED,
    Means.LATER: Result.LATER,
    Means.DAILY_CAP: Result.LATER,
    Means.OUT_OF_CREDIT: Result.NOT_SENT,
    Means.SET_UP: Result.NOT_SENT,
    Means.REFUSED: Result.REFUSED,
    Means.DOUBTFUL: Result.DOUBTFUL,
}


def outcome(means: Means, detail: str, *, provider_id: str = "", now: datetime) -> Outcome:
    """The outcome that such a word proves. A number that has had enough today is tried again after midnight there."""
    if means is Means.ACCEPTED:
        return Outcome(Result.ACCEPTED, provider_id=tidy(provider_id, PROVIDER_ID_LENGTH))
    return Outcome(
        _RESULTS[means],
        tidy(detail),
        retry_after=until_tomorrow(now) if means is Means.DAILY_CAP else None,
        is_out_of_credit=means is Means.OUT_OF_CREDIT,
        is_daily_cap=means is Means.DAILY_CAP,
    )


def until_tomorrow(now: datetime) -> timedelta:
    """How long until the carriers' next day has begun."""
    there = now.astimezone(BEIJING)
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight + A_MINUTE - there
