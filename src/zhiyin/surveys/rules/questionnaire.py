"""A questionnaire as it stands in one published version. Every text is kept per language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from zhiyin.lib.text import Text

# Form fields of their own, beside one field for each question: no question may be called like them.
REASONS, COMMENT, CALL_ME = "reasons", "comment", "call_me"
RESERVED = frozenset({REASONS, COMMENT, CALL_ME})


class Kind(StrEnum):
    SCALE = "scale"
    CHOICE = "choice"
    TEXT = "text"


class Shown(StrEnum):
    """When a field is on the page: with every answer, or only once a score is low."""

    ALWAYS = "always"
    LOW = "low"


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """Where an item comes from: S-ids of the source list or ``default`` for our own, with the reason for it."""

    source: tuple[str, ...] = ()
    why: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Scale(Sourced):
    """A row of whole numbers with both ends in words: customers think that 7 is high (S0.25)."""

    key: str
    low: int
    high: int
    low_label: Text
    high_label: Text

    @property
    def points(self) -> range:
        return range(self.low, self.high + 1)


@dataclass(frozen=True, kw_only=True)
class Option:
    key: str
    text: Text


@dataclass(frozen=True, kw_only=True)
class Question(Sourced):
    """One form field, ``q_{key}``. ``dimension`` is a key of the four 纬, or empty.

    ``expects`` names the question whose expectation this one asks for (S0.1): what was expected is no score of what
    was found, and the two together give the gap.
    """

    key: str
    kind: Kind
    title: Text
    gloss: Text | None = None  # what is meant, for those who ask (S2.20)
    scale: Scale | None = None
    options: tuple[Option, ...] = ()
    multiple: bool = False
    longest: int = 0  # characters of a text
    dimension: str = ""
    expects: str = ""
    required: bool = True

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)


@dataclass(frozen=True, kw_only=True)
class Reason(Sourced):
    """What a customer may tick after a low score, and the cause (of the pack's cause tree) that it points to."""

    key: str
    text: Text
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class FollowUp(Sourced):
    """Shown as soon as any score is ``low_to`` or less."""

    low_to: int
    title: Text
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, kw_only=True)
class Comment(Sourced):
    title: Text
    longest: int
    shown: Shown


@dataclass(frozen=True, kw_only=True)
class CallMe(Sourced):
    """The tick with which a customer asks to be contacted."""

    label: Text
    shown: Shown


@dataclass(frozen=True, kw_only=True)
class Thanks(Sourced):
    """What the page says afterwards; ``promises`` tell what happens by when."""

    title: Text
    body: Text
    promises: tuple[Text, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Message(Sourced):
    """An invitation's words. ``{link}``, ``{organisation}`` and ``{hours}`` are filled in when it is sent.

    By SMS ``signature`` goes first and both are one segment; by e-mail ``signature`` is the subject.
    """

    signature: Text
    text: Text


@dataclass(frozen=True, kw_only=True)
class Roles(Sourced):
    """Which question a measure reads when nobody names one, and from which point on an answer is in the top box.

    ``named`` holds nps, csat and ces where the questionnaire has a question for them.
    """

    headline: str
    top_from: int
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Notice(Sourced):
    """Told before the first answer: who asks, why, for what, how long it is kept, how to refuse."""

    title: Text
    short: Text
    who: Text
    purpose: Text
    what: Text
    how_long: Text
    refuse: Text


@dataclass(frozen=True, kw_only=True)
class Unavailable(Sourced):
    """The one page for unknown, used, expired and revoked links: it does not tell which."""

    title: Text
    body: Text
    contact_title: Text
    contact: Text


@dataclass(frozen=True, kw_only=True)
class OptOut(Sourced):
    link: Text
    title: Text
    body: Text
    button: Text
    done_title: Text
    done: Text


@dataclass(frozen=True, kw_only=True)
class Questionnaire(Sourced):
    """All that one version asks and says. ``scenario`` is set where no touchpoint sets the survey off."""

    key: str
    purpose: str
    scenario: str
    languages: tuple[str, ...]
    name: Text
    masthead: Text
    greeting: Text
    effort: Text
    questions: tuple[Question, ...]
    follow_up: FollowUp | None
    comment: Comment | None
    call_me: CallMe | None
    thanks: Thanks
    thanks_low: Thanks
    sms: Message
    email: Message
    roles: Roles
    notice: Notice
    unavailable: Unavailable
    opt_out: OptOut

    def question(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.key == key), None)

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales in use, each once, in the order of the questions."""
        return tuple({each.scale.key: each.scale for each in self.questions if each.scale}.values())

    @property
    def headline(self) -> Question | None:
        return self.question(self.roles.headline)

    def is_low(self, score: int) -> bool:
        """Whether a score asks for the reasons behind it."""
        return self.follow_up is not None and score <= self.follow_up.low_to
