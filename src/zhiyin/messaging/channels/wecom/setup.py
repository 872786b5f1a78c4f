"""What WeCom's console gives for one application."""

from dataclasses import dataclass
from typing import ClassVar

from zhiyin.messaging.channels.weixin.crypt import is_aes_key
from zhiyin.messaging.rules.setups import Called, Fault, Paced
from zhiyin.messaging.rules.setups.checks import is_plain, url_fault


@dataclass(frozen=True, kw_only=True)
class WecomSetup(Called, Paced):
    """``sender``: the colleague in whose name customers are written to; empty: messages go to members of our own."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"url", "corp", "agent", "secret"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"secret", "token", "aes_key"})
    PLAIN: ClassVar[tuple[str, ...]] = ("corp", "secret", "sender", "token")

    url: str = "https://qyapi.weixin.qq.com"
    corp: str
    agent: str
    secret: str
    sender: str = ""
    token: str = ""  # of the callbacks
    aes_key: str = ""

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = [Fault("url", code)] if (code := url_fault(self.url, private_hosts)) else []
        found += [Fault(name, "not_ascii") for name in self.PLAIN if not is_plain(getattr(self, name))]
        if not self.agent.isascii() or not self.agent.isdigit():
            found.append(Fault("agent", "not_a_number"))
        if (self.token or self.aes_key) and not is_aes_key(self.aes_key):
            found.append(Fault("aes_key", "not_an_aes_key"))
        if self.aes_key and not self.token:
            found.append(Fault("token", "missing"))
        return found + super().faults(private_hosts)
