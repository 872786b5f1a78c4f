"""What Huawei Cloud's console gives, and which template variable gets what."""

import re
from dataclasses import dataclass
from typing import ClassVar

from zhiyin.messaging.rules.setups import Fault
from zhiyin.messaging.rules.setups.checks import is_plain, url_fault
from zhiyin.messaging.rules.setups.templated import TemplatedSetup, Variables

RULE = Variables(longest=20, letters=re.compile(r"[A-Za-z0-9_]+"))


@dataclass(frozen=True, kw_only=True)
class HuaweiSetup(TemplatedSetup):
    """``variables`` are the values of ${1}, ${2} … in their order. ``sender`` is the number of the SMS channel.

    ``callback`` is the address for reports, which goes out with every message; empty: the one of this installation.
    ``push_key`` and ``push_secret`` are those of the console's push verification.
    """

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"url", "app_key", "secret", "sender", "template", "variables"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"secret", "push_secret"})
    PLAIN: ClassVar[tuple[str, ...]] = ("app_key", "secret", "sender", "template", "push_key", "push_secret")

    url: str = "https://smsapi.cn-north-4.myhuaweicloud.com:443"
    app_key: str
    authentication: str = "aksk"
    sender: str
    sign: str = ""
    template: str
    variables: tuple[str, ...] = ()
    callback: str = ""
    push_key: str = ""
    push_secret: str = ""

    @property
    def variable_rule(self) -> Variables:
        return RULE

    @property
    def variable_texts(self) -> list[str]:
        return list(self.variables)

    @property
    def is_signed(self) -> bool:
        """Whether pushes prove themselves by a signature."""
        return bool(self.push_key)

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = super().faults(private_hosts)
        if self.authentication not in ("aksk", "wsse"):
            found.append(Fault("authentication", "not_a_choice"))
        if bool(self.push_key) != bool(self.push_secret):
            found.append(Fault("push_secret" if self.push_key else "push_key", "missing"))
        if self.callback and (not is_plain(self.callback) or url_fault(self.callback, private_hosts) == "not_a_url"):
            found.append(Fault("callback", "not_a_url"))
        return found
