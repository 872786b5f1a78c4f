"""The fields of the channels that are no SMS: WeCom, WeChat, webhooks, alerts to chat rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext_lazy as lazy

from zhiyin.outreach.channel_fields import PACE, Field
from zhiyin.outreach.channel_fields_of_clouds import CALLBACK

_URL = Field(
    name="url",
    label=lazy("Service address"),
    hint=lazy("As it is, unless the provider gave you another, or to try it with the gateway simulator."),
    required=True,
    is_rare=True,
)
_TOKEN = Field(
    name="token",
    label=lazy("Token of the callbacks"),
    hint=lazy("Of your own choice, the same here and in the console."),
    kind="password",
)
_AES_KEY = Field(
    name="aes_key",
    label="EncodingAESKey",
    hint=lazy("43 letters and digits, the same here and in the console. Callbacks must be in safe mode."),
    kind="password",
)

OTHERS: Mapping[str, Sequence[Field]] = {
    "wecom": (
        Field(name="corp", label=lazy("Corporation ID"), required=True, example="ww…"),
        Field(name="agent", label="AgentId", required=True, example="1000002"),
        Field(name="secret", label="Secret", kind="password", required=True),
        Field(
            name="sender",
            label=lazy("Colleague who writes"),
            hint=lazy("The user id in whose name customers are written to. Empty: messages go to members of our own."),
        ),
        _TOKEN,
        _AES_KEY,
        _URL,
        *CALLBACK,
        *PACE,
    ),
    "wechat": (
        Field(name="app", label="AppID", required=True, example="wx…"),
        Field(name="secret", label="AppSecret", kind="password", required=True),
        Field(name="template", label=lazy("Template ID"), required=True),
        Field(
            name="variables",
            label=lazy("Template fields"),
            hint=lazy(
                "As JSON, what each field gets: {organisation}, {hours}, {text}. The link is where the message leads."
            ),
            kind="template",
            example='{"thing1": "{organisation}"}',
        ),
        replace(_TOKEN, required=True),
        replace(_AES_KEY, required=True),
        _URL,
        *CALLBACK,
        *PACE,
    ),
    "webhook": (
        replace(_URL, label=lazy("Address"), hint=lazy("Each message is posted there, signed."), is_rare=False),
        Field(
            name="secret",
            label=lazy("Key of the signature"),
            hint=lazy("As Standard Webhooks writes it: whsec_ and 24 to 64 bytes in base64."),
            kind="password",
            required=True,
        ),
        *CALLBACK,
        *PACE,
    ),
    "staff": (
        Field(
            name="robots",
            label=lazy("Robots"),
            hint=lazy("One a line: dingtalk://SECRET@TOKEN, feishu://TOKEN, wecombot://KEY. All of them are told."),
            kind="lines",
            required=True,
            example="wecombot://…",
        ),
        *PACE,
    ),
}
