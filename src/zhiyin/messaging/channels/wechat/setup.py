"""What the console of official accounts gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from zhiyin.messaging.channels.weixin.crypt import is_aes_key
from zhiyin.messaging.rules.setups import Called, Fault, Paced, holders, texts
from zhiyin.messaging.rules.setups.checks import is_plain, url_fault

VARIABLES = frozenset({"organisation", "hours", "text"})


@dataclass(frozen=True, kw_only=True)
class WechatSetup(Called, Paced):
    """``variables``: the template's fields with placeholders, ``{"thing1": "{organisation}"}``. The link is the
    message's own address, and no variable."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"url", "app", "secret", "template", "token", "aes_key"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"secret", "token", "aes_key"})
    PLAIN: ClassVar[tuple[str, ...]] = ("app", "secret", "template", "token")

    url: str = "https://api.weixin.qq.com"
    app: str
    secret: str
    template: str
    variables: Mapping[str, str] = field(default_factory=dict)
    token: str
    aes_key: str

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = [Fault("url", code)] if (code := url_fault(self.url, private_hosts)) else []
        found += [Fault(name, "not_ascii") for name in self.PLAIN if not is_plain(getattr(self, name))]
        if not is_aes_key(self.aes_key):
            found.append(Fault("aes_key", "not_an_aes_key"))
        if not {name for text in texts(self.variables) for name in holders(text)} <= VARIABLES:
            found.append(Fault("variables", "unknown_variable"))
        return found + super().faults(private_hosts)
