"""Which robots are told."""

from dataclasses import dataclass
from typing import ClassVar

from zhiyin.messaging.rules.setups import Fault, Paced

SERVICES = frozenset({"dingtalk", "feishu", "lark", "wecombot", "slack", "msteams", "tgram", "webexteams"})
MOST = 10


@dataclass(frozen=True, kw_only=True)
class StaffSetup(Paced):
    """``robots``: addresses as apprise writes them, ``dingtalk://SECRET@TOKEN``, ``feishu://TOKEN``, ``wecombot://KEY``."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"robots"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"robots"})

    robots: tuple[str, ...]

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = []
        if len(self.robots) > MOST:
            found.append(Fault("robots", "too_long"))
        elif any(
            each.partition("://")[0].lower() not in SERVICES or not each.partition("://")[2] for each in self.robots
        ):
            found.append(Fault("robots", "not_a_robot"))
        return found + super().faults(private_hosts)

    @property
    def hidden(self) -> tuple[str, ...]:
        return self.robots
