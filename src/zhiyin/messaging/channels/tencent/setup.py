"""What Tencent Cloud's console gives, and which template variable gets what."""

from dataclasses import dataclass
from typing import ClassVar

from zhiyin.messaging.rules.setups import Fault
from zhiyin.messaging.rules.setups.templated import TemplatedSetup, Variables


@dataclass(frozen=True, kw_only=True)
class TencentSetup(TemplatedSetup):
    """``variables`` are the values of {1}, {2} … in their order. ``variable_length``: as the console says."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset(
        {"url", "secret_id", "secret", "app", "region", "sign", "template", "variables"}
    )
    PLAIN: ClassVar[tuple[str, ...]] = ("secret_id", "secret", "app", "region", "template")

    url: str = "https://sms.tencentcloudapi.com/"
    secret_id: str
    app: str
    region: str = "ap-guangzhou"
    sign: str
    template: str
    variables: tuple[str, ...] = ()
    variable_length: int = 12

    @property
    def variable_rule(self) -> Variables:
        return Variables(longest=self.variable_length)

    @property
    def variable_texts(self) -> list[str]:
        return list(self.variables)

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = super().faults(private_hosts)
        if not 1 <= self.variable_length <= 500:
            found.append(Fault("variable_length", "out_of_range"))
        return found
