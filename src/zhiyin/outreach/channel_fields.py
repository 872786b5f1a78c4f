"""The fields of each channel's form: labels, hints and examples, in the order of the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from zhiyin.messaging.actions.setting_up import LONGEST_KEY
from zhiyin.messaging.rules.setups import LONGEST, LONGEST_TEMPLATE, LONGEST_TEXT


@dataclass(frozen=True, kw_only=True)
class Field:
    """One setting. ``kind`` says how it is typed; the rest is what the page shows of it."""

    name: str
    label: str | Promise
    hint: str | Promise = ""
    kind: str = "text"  # text, password, number, choice, headers, template, words, lines
    required: bool = False
    choices: Sequence[tuple[str, str | Promise]] = ()
    example: str = ""
    is_rare: bool = False  # most people leave it as it is
    value: str = ""
    fault: str = ""
    is_kept: bool = False  # a secret is kept here
    is_lost: bool = False  # a secret was typed here and is not sent back

    @property
    def longest(self) -> int:
        if self.name == KEY.name:
            return LONGEST_KEY
        if self.kind in ("headers", "template", "words", "lines"):
            return LONGEST_TEMPLATE
        return LONGEST.get(self.name, LONGEST_TEXT)

    @property
    def may_be_emptied(self) -> bool:
        return self.is_kept and not self.required


KEY = Field(
    name="key",
    label=lazy("Name of the channel"),
    hint=lazy("Letters, digits and underscores. Of several channels of a kind the first by name is used."),
    required=True,
)
_SECONDS = lazy("Seconds, 1 to 60. How long the other side may take.")
_JSON_PATH = lazy("Keys joined by dots, as in data.code. Empty: any complete JSON answer with status 2xx means yes.")
TIMEOUT = Field(name="timeout", label=lazy("Time limit"), hint=_SECONDS, kind="number", is_rare=True)
PER_SECOND = Field(
    name="per_second",
    label=lazy("Most in a second"),
    hint=lazy("Over all workers, nearly. 0: as many as the other side takes."),
    kind="number",
    is_rare=True,
)
PACE = (
    TIMEOUT,
    Field(
        name="at_once",
        label=lazy("Side by side"),
        hint=lazy("1 to 32 messages on their way together. As many may be in doubt after a crash."),
        kind="number",
        is_rare=True,
    ),
    PER_SECOND,
)
PLAIN: Mapping[str, Sequence[Field]] = {
    "email": (
        Field(name="host", label=lazy("Mail server"), required=True, example="mail.example.com"),
        Field(name="port", label=lazy("Port"), hint=lazy("Usually 587 with STARTTLS, 465 with TLS."), kind="number"),
        Field(
            name="security",
            label=lazy("Encryption"),
            hint=lazy("Without encryption no user name and password can be given."),
            kind="choice",
            choices=(("starttls", "STARTTLS"), ("tls", "TLS"), ("none", pgettext_lazy("encryption", "none"))),
        ),
        Field(name="user", label=lazy("User name"), hint=lazy("Empty if the server asks for none.")),
        Field(name="password", label=lazy("Password"), kind="password"),
        Field(
            name="sender",
            label=lazy("Sender's address"),
            hint=lazy("Whom customers see and answer. The server must let you send as this address."),
            required=True,
        ),
        Field(name="sender_name", label=lazy("Sender's name")),
        Field(
            name="return_path",
            label=lazy("Address for bounces"),
            hint=lazy(
                "Mail that cannot be delivered comes back there, marked with the message. Forward it to us, or let us "
                "fetch it."
            ),
            example="bounce@example.com",
            is_rare=True,
        ),
        Field(
            name="imap_host",
            label=lazy("Mailbox of the bounces: IMAP server"),
            hint=lazy("If we are to fetch the bounces. Unread mails are read there and marked as read."),
            example="imap.example.com",
            is_rare=True,
        ),
        Field(
            name="imap_port",
            label=lazy("Mailbox of the bounces: port"),
            hint=lazy("Usually 993 with TLS, 143 with STARTTLS."),
            kind="number",
            is_rare=True,
        ),
        Field(
            name="imap_security",
            label=lazy("Mailbox of the bounces: encryption"),
            kind="choice",
            choices=(("tls", "TLS"), ("starttls", "STARTTLS"), ("none", pgettext_lazy("encryption", "none"))),
            is_rare=True,
        ),
        Field(name="imap_user", label=lazy("Mailbox of the bounces: user name"), is_rare=True),
        Field(name="imap_password", label=lazy("Mailbox of the bounces: password"), kind="password", is_rare=True),
        Field(
            name="imap_folder",
            label=lazy("Mailbox of the bounces: folder"),
            hint=lazy("A folder for bounces alone: whatever is unread in it is taken for one."),
            is_rare=True,
        ),
        TIMEOUT,
        PER_SECOND,
    ),
    "sms": (
        Field(
            name="method",
            label=lazy("Method"),
            kind="choice",
            choices=(("POST", "POST"), ("PUT", "PUT")),
        ),
        Field(
            name="url",
            label=lazy("Gateway address"),
            hint=lazy("From your provider's manual. What follows a ? is hidden once it is saved."),
            required=True,
            example="https://gateway.example.com/send",
        ),
        Field(
            name="headers",
            label=lazy("Headers"),
            hint=lazy("One a line, a name and its value. Keys belong here."),
            kind="headers",
            example="Authorization: Bearer …",
        ),
        Field(
            name="body",
            label=lazy("Template"),
            hint=lazy(
                "What is sent, as JSON: {to} is the number, {text} the message, {link} and {token} its link. "
                "Also {e164} (+86…) and {message} (our number of it)."
            ),
            kind="template",
            required=True,
            example='{"mobile": "{to}", "content": "{text}"}',
        ),
        Field(
            name="format",
            label=lazy("Format"),
            kind="choice",
            choices=(("json", "JSON"), ("form", lazy("form fields"))),
        ),
        Field(name="success_path", label=lazy("Where the answer says yes"), hint=_JSON_PATH, example="code"),
        Field(
            name="success_values",
            label=lazy("What means yes"),
            hint=lazy("Separated by commas, as in 0, OK."),
            kind="words",
        ),
        Field(
            name="later_values",
            label=lazy("What means try later"),
            hint=lazy("Codes for throttled, out of credit, daily limit reached. All others mean no."),
            kind="words",
        ),
        Field(
            name="provider_id_path",
            label=lazy("Where the answer names the message"),
            hint=lazy("The gateway's own number of it, for questions to the provider."),
            is_rare=True,
        ),
        Field(
            name="signature_header",
            label=lazy("Header of the signature"),
            hint=lazy("If the gateway wants one: HMAC-SHA-256 of the body, in hexadecimal digits."),
            is_rare=True,
        ),
        Field(
            name="secret",
            label=lazy("Key of the signature"),
            hint=lazy("At least 32 characters."),
            kind="password",
            is_rare=True,
        ),
        *PACE,
    ),
    "outbox": (),
}
