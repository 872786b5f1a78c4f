"""The fields of the clouds' SMS services and of SMPP: what their consoles call each thing, and an example of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from zhiyin.outreach.channel_fields import PACE, Field

CALLBACK = (
    Field(
        name="callback_from",
        label=lazy("Callbacks may come from"),
        hint=lazy(
            "Addresses or networks of the provider, separated by commas. Empty: from anywhere that knows the secret."
        ),
        kind="words",
        example="117.78.29.0/24",
        is_rare=True,
    ),
    Field(
        name="callback_number",
        label=lazy("Number of the callback address"),
        hint=lazy("Raise it by one and save: the address gets a new secret, and the old one is dead."),
        kind="number",
        is_rare=True,
    ),
)
_URL = Field(
    name="url",
    label=lazy("Service address"),
    hint=lazy("As it is, unless the provider gave you another, or to try it with the gateway simulator."),
    required=True,
    is_rare=True,
)
_SIGN = Field(
    name="sign",
    label=lazy("Signature"),
    hint=lazy("The approved name of the sender, without brackets."),
    required=True,
    example="云桥",
)
_TEMPLATE = Field(
    name="template",
    label=lazy("SMS template"),
    hint=lazy("The approved template. The survey's address stands in it; only the token after it is a variable."),
    required=True,
)
_NUMBERED = lazy(
    "What each variable gets, in order, separated by commas: {token} is the end of the survey's link, {organisation} "
    "our name, {hours} how long the link lives."
)
_TOKEN_ONLY = lazy(
    "What each variable gets, in order, separated by commas: letters and digits, as {token} and {hours}."
)

CLOUDS: Mapping[str, Sequence[Field]] = {
    "aliyun": (
        Field(name="access_key", label="AccessKey ID", required=True, example="LTAI…"),
        Field(
            name="secret",
            label="AccessKey Secret",
            hint=lazy("Of a RAM user who may use SMS and nothing else."),
            kind="password",
            required=True,
        ),
        _SIGN,
        replace(_TEMPLATE, example="SMS_123456789"),
        Field(
            name="variables",
            label=lazy("Template variables"),
            hint=lazy(
                "As JSON, what each variable gets: {token} is the end of the survey's link, {organisation} our name, "
                "{hours} how long the link lives. 35 characters each at most."
            ),
            kind="template",
            required=True,
            example='{"code": "{token}"}',
        ),
        _URL,
        *CALLBACK,
        *PACE,
    ),
    "tencent": (
        Field(name="secret_id", label="SecretId", required=True, example="AKID…"),
        Field(name="secret", label="SecretKey", kind="password", required=True),
        Field(name="app", label="SdkAppId", required=True, example="1400006666"),
        _SIGN,
        replace(_TEMPLATE, example="1110"),
        Field(
            name="variables",
            label=lazy("Template variables"),
            hint=_NUMBERED,
            kind="words",
            required=True,
            example="{token}",
        ),
        Field(
            name="variable_length",
            label=lazy("Longest value of a variable"),
            hint=lazy("Characters, as the console's page for new templates says for your account."),
            kind="number",
        ),
        Field(name="region", label=lazy("Region"), required=True, is_rare=True),
        _URL,
        *CALLBACK,
        *PACE,
    ),
    "huawei": (
        Field(name="app_key", label="Application Key", required=True),
        Field(name="secret", label="Application Secret", kind="password", required=True),
        Field(
            name="sender",
            label=lazy("Channel number"),
            hint=lazy("Of the signature that the template belongs to."),
            required=True,
            example="8823040504797",
        ),
        replace(_TEMPLATE, label=lazy("Template ID")),
        Field(
            name="variables",
            label=lazy("Template variables"),
            hint=_TOKEN_ONLY,
            kind="words",
            required=True,
            example="{token}",
        ),
        replace(_SIGN, required=False, hint=lazy("For templates that several signatures share.")),
        Field(
            name="push_key",
            label=lazy("Push AK"),
            hint=lazy("Switch on push verification in the console: then reports and replies prove who sent them."),
        ),
        Field(name="push_secret", label=lazy("Push SK"), kind="password"),
        Field(
            name="authentication",
            label=lazy("Authentication"),
            kind="choice",
            choices=(("aksk", "AK/SK"), ("wsse", "X-WSSE")),
            is_rare=True,
        ),
        Field(
            name="callback",
            label=lazy("Address for reports"),
            hint=lazy("It goes out with every message. Empty: the callback address of this page."),
            is_rare=True,
        ),
        _URL,
        *CALLBACK,
        *PACE,
    ),
    "smpp": (
        Field(name="host", label=lazy("Server"), required=True, example="smpp.example.com"),
        Field(name="port", label=lazy("Port"), hint=lazy("Usually 2775, with TLS often 3550."), kind="number"),
        Field(
            name="security",
            label=lazy("Encryption"),
            hint=lazy("Without encryption only to a host that the operator allowed."),
            kind="choice",
            choices=(("tls", "TLS"), ("none", pgettext_lazy("encryption", "none"))),
        ),
        Field(name="system_id", label="system_id", required=True),
        Field(name="password", label=lazy("Password"), kind="password", required=True),
        Field(name="sender", label=lazy("Sender"), hint=lazy("The source address that the provider gave you.")),
        Field(
            name="numbers",
            label=lazy("Numbers as"),
            kind="choice",
            choices=(("international", "8613800138000"), ("national", "13800138000")),
        ),
        Field(name="system_type", label="system_type", is_rare=True),
        Field(name="sender_ton", label=lazy("Sender's TON"), kind="number", is_rare=True),
        Field(name="sender_npi", label=lazy("Sender's NPI"), kind="number", is_rare=True),
        Field(
            name="long_texts",
            label=lazy("Long texts by"),
            kind="choice",
            choices=(("udh", "UDH"), ("sar", "SAR"), ("payload", "message_payload")),
            is_rare=True,
        ),
        Field(
            name="binding",
            label=lazy("Sessions"),
            kind="choice",
            choices=(("transceiver", lazy("one for both ways")), ("separate", lazy("one for each way"))),
            is_rare=True,
        ),
        *PACE,
    ),
}
