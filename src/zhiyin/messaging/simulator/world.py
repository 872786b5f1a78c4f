"""What the simulator knows: what arrived, what it was told to do, and what it has sent back."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from threading import Condition, RLock
from typing import Any

from zhiyin.messaging.simulator.faults import Mood, Rule, mood_of
from zhiyin.messaging.simulator.weixin import Keys

BEIJING = timezone(timedelta(hours=8))
MOST_KEPT = 2000
A_LINK = "http://127.0.0.1:8000"


@dataclass(slots=True, kw_only=True)
class Arrival:
    """One message as the phone has it."""

    dialect: str
    to: str
    text: str
    provider_id: str
    our_id: str = ""
    callback: str = ""  # where its sender wants the receipt, if it says so
    at: datetime = field(default_factory=lambda: datetime.now(UTC))  # noqa: TID251  (its own clock: nothing is ours)
    told: list[str] = field(default_factory=list)  # the receipts that went out


@dataclass(slots=True, kw_only=True)
class Push:
    """One receipt or reply that was sent back, and what the other side answered."""

    dialect: str
    url: str
    what: str
    status: str = ""


class World:
    """Shared by every connection; each change wakes whoever waits for one."""

    def __init__(self, *, base_url: str = A_LINK, receipt_after: float = 1.0) -> None:
        self.base_url, self.receipt_after = base_url.rstrip("/"), receipt_after
        self.lock = RLock()
        self.changed = Condition(self.lock)
        self.arrivals: list[Arrival] = []
        self.replies: list[tuple[str, str]] = []  # (number, text), as the phone shows them
        self.pushes: list[Push] = []
        self.rules: list[Rule] = []
        self.callbacks: dict[str, str] = {}
        self.templates: dict[str, str] = {}
        self.push_keys: dict[str, str] = {}  # Huawei's push verification: access key -> secret
        self.weixin: dict[str, Keys] = {}  # wechat, wecom: what their pushes are sealed and signed with
        self.requests = 0
        self._last = 0

    def next_id(self, prefix: str) -> str:
        with self.lock:
            self._last += 1
            return f"{prefix}{datetime.now(UTC):%m%d%H%M%S}{self._last:06d}"  # noqa: TID251

    def mood(self, to: str, asked: str) -> Mood:
        with self.lock:
            return mood_of(to, self.rules, asked)

    def take(self, arrival: Arrival) -> None:
        with self.changed:
            self.arrivals.append(arrival)
            del self.arrivals[:-MOST_KEPT]
            self.changed.notify_all()

    def note(self, push: Push) -> None:
        with self.changed:
            self.pushes.append(push)
            del self.pushes[:-MOST_KEPT]
            self.changed.notify_all()

    def last_to(self, to: str) -> Arrival | None:
        with self.lock:
            return next((each for each in reversed(self.arrivals) if each.to == to), None)

    def clear(self) -> None:
        with self.changed:
            for kept in (self.arrivals, self.replies, self.pushes, self.rules):
                kept.clear()
            self.changed.notify_all()

    def state(self) -> dict[str, Any]:
        """Everything, for programs."""
        with self.lock:
            arrivals = [asdict(each) | {"at": each.at.isoformat()} for each in self.arrivals]
            return {
                "arrivals": arrivals,
                "replies": [{"from": number, "text": text} for number, text in self.replies],
                "pushes": [asdict(each) for each in self.pushes],
                "faults": [asdict(each) for each in self.rules],
                "callbacks": self.callbacks,
                "templates": self.templates,
            }
