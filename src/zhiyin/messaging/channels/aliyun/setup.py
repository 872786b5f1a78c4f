"""What Alibaba Cloud's console gives, and which template variable gets what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from zhiyin.messaging.rules.setups import texts
from zhiyin.messaging.rules.setups.templated import TemplatedSetup, Variables

RULE = Variables(longest=35)  # characters of one variable's value, unless the account was given more


@dataclass(frozen=True, kw_only=True)
class AliyunSetup(TemplatedSetup):
    """``variables`` is the template's parameters with placeholders: ``{"code": "{token}"}``."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"url", "access_key", "secret", "sign", "template", "variables"})
    PLAIN: ClassVar[tuple[str, ...]] = ("access_key", "secret", "template")

    url: str = "https://dysmsapi.aliyuncs.com/"
    access_key: str
    sign: str
    template: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def variable_rule(self) -> Variables:
        return RULE

    @property
    def variable_texts(self) -> list[str]:
        return texts(self.variables)
