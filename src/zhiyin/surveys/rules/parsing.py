"""From a file or a stored version to questionnaires. ``docs`` and the hotline pack's ``survey.toml`` show the keys.

A file has ``[[scale]]``, ``[[survey]]`` with ``[[survey.question]]``, and the words around every page: ``[notice]``,
``[unavailable]``, ``[opt_out]``. A stored version is the same with one survey, so one reader serves both.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from zhiyin.lib.text import LANGUAGES, Text
from zhiyin.surveys.rules import defaults
from zhiyin.surveys.rules.checks import check
from zhiyin.surveys.rules.questionnaire import (
    CallMe,
    Comment,
    FollowUp,
    Kind,
    Message,
    Notice,
    Option,
    OptOut,
    Question,
    Questionnaire,
    Reason,
    Roles,
    Scale,
    Shown,
    Thanks,
    Unavailable,
)
from zhiyin.surveys.rules.tables import Fault, Faulty, Table

PURPOSES = ("service", "recovery", "study")
LONGEST_SCALE = 100  # of what other systems asked; a page of ours shows eleven points
NAMED_ROLES = ("nps", "csat", "ces")
ORGANISATION = ("organisation",)
LINK = ("organisation", "hours", "link")


def parse(content: Mapping[str, Any]) -> Questionnaire:
    """The one questionnaire of a stored version. Raises Faulty with everything that is wrong."""
    found = parse_file(content)
    if len(found) != 1:
        raise Faulty([Fault("survey", "must be exactly one survey.")])
    return found[0]


def parse_file(document: Mapping[str, Any]) -> list[Questionnaire]:
    """All questionnaires of a file. Raises Faulty with everything that is wrong, at once."""
    faults: list[Fault] = []
    languages = _languages(document, faults)
    top = Table(document, "", faults=faults, languages=languages)
    scales = _scales(top)
    notice, unavailable, opt_out = _notice(top), _unavailable(top), _opt_out(top)
    top.words("languages")
    found = []
    for table in _with_likes(top):
        one = _survey(table, scales, notice, unavailable, opt_out)
        check(one, table)
        table.close()
        found.append(one)
    top.close()
    top.no_repeats("survey", [one.key for one in found])
    if faults:
        raise Faulty(faults)
    return found


def _languages(document: Mapping[str, Any], faults: list[Fault]) -> tuple[str, ...]:
    named = document.get("languages", LANGUAGES)
    if isinstance(named, list | tuple) and named and set(named) <= set(LANGUAGES):
        return tuple(named)
    faults.append(Fault("languages", "must be a list of: %(known)s.", {"known": ", ".join(LANGUAGES)}))
    return LANGUAGES


def _with_likes(top: Table) -> list[Table]:
    """A survey that is ``like`` another takes over every key that it does not set itself."""
    tables = top.tables("survey", least=1)
    models = {table.label: table for table in tables if not table.has("like")}
    return [table.filled_from(models.get(table.word("like"))) if table.has("like") else table for table in tables]


def _scales(top: Table) -> dict[str, Scale]:
    tables = top.tables("scale")
    scales = [_scale(table) for table in tables]
    top.no_repeats("scale", [scale.key for scale in scales])
    return {scale.key: scale for scale in scales}


def _scale(table: Table) -> Scale:
    one = Scale(
        key=table.key(),
        low=table.whole("low", least=0, most=10),
        high=table.whole("high", least=0, most=LONGEST_SCALE),
        low_label=table.text("low_label", longest=30),
        high_label=table.text("high_label", longest=30),
        **_origin(table),
    )
    if one.low >= one.high:
        table.say("low", "must be below `high`.")
    table.close()
    return one


def _survey(
    table: Table, scales: Mapping[str, Scale], notice: Notice, unavailable: Unavailable, opt_out: OptOut
) -> Questionnaire:
    questions = tuple(_question(each, scales) for each in table.tables("question", least=1))
    name = table.text("name", longest=40)
    purpose = table.word("purpose", default="service", among=PURPOSES)
    return Questionnaire(
        key=table.key(),
        purpose=purpose,
        scenario=table.word("scenario", default=""),
        languages=tuple(table.languages),
        name=name,
        masthead=table.text("masthead", longest=40, holds=ORGANISATION, default=_same("{organisation}")),
        greeting=table.text("greeting", longest=60, default=name or None),
        effort=table.text("effort", longest=60, default=defaults.effort(len(questions))),
        questions=questions,
        follow_up=_follow_up(table),
        comment=_comment(table),
        call_me=_call_me(table),
        thanks=_thanks(table, "thanks", defaults.THANKS),
        thanks_low=_thanks(table, "thanks_low", defaults.THANKS_LOW),
        sms=_message(table, "sms", defaults.SMS),
        email=_message(table, "email", defaults.EMAIL),
        roles=_roles(table, questions),
        notice=notice,
        unavailable=unavailable,
        opt_out=opt_out,
        **_origin(table),
    )


def _same(words: str) -> Text:
    return dict.fromkeys(LANGUAGES, words)


def _origin(table: Table) -> dict[str, Any]:
    return {"source": table.words("source"), "why": table.optional_text("why", longest=300)}


def _question(table: Table, scales: Mapping[str, Scale]) -> Question:
    kind = table.word("kind", default="scale", among=[*Kind])
    scale = table.word("scale", default="") if table.has("scale") or kind == Kind.SCALE else ""
    if kind == Kind.SCALE and scale not in scales:
        table.say("scale", "there is no scale '%(scale)s' in this file.", scale=scale[:60])
    if kind != Kind.SCALE and scale:
        table.say("scale", "only a question of the kind scale has one.")
    options = tuple(_option(each) for each in table.tables("option"))
    if (kind == Kind.CHOICE) != (len(options) >= 2):
        table.say("option", "a choice has at least two options, every other kind has none.")
    table.no_repeats("option", [option.key for option in options])
    one = Question(
        key=table.key(),
        kind=Kind(kind) if kind in set(Kind) else Kind.SCALE,
        title=table.text("title", longest=60),
        gloss=table.optional_text("gloss", longest=80),
        scale=scales.get(scale),
        options=options,
        multiple=table.flag("multiple", default=False),
        longest=table.whole("longest", least=1, most=defaults.LONGEST_COMMENT, default=500),
        dimension=table.key("dimension") if table.has("dimension") else "",
        expects=table.key("expects") if table.has("expects") else "",
        required=table.flag("required", default=True),
        **_origin(table),
    )
    table.close()
    return one


def _option(table: Table) -> Option:
    one = Option(key=table.key(), text=table.text("text", longest=40))
    table.close()
    return one


def _follow_up(survey: Table) -> FollowUp | None:
    table = survey.table("follow_up")
    if table is None:
        return None
    reasons = tuple(_reason(each) for each in table.tables("reason", least=2))
    table.no_repeats("reason", [reason.key for reason in reasons])
    one = FollowUp(
        low_to=table.whole("low_to", least=0, most=9),
        title=table.text("title", longest=60, default=defaults.REASONS_TITLE),
        reasons=reasons,
        **_origin(table),
    )
    table.close()
    return one


def _reason(table: Table) -> Reason:
    one = Reason(
        key=table.key(),
        text=table.text("text", longest=40),
        cause=table.key("cause") if table.has("cause") else "",
        **_origin(table),
    )
    table.close()
    return one


def _comment(survey: Table) -> Comment | None:
    """Asked unless the file says ``comment = false``."""
    table = _unless_switched_off(survey, "comment")
    if table is None:
        return None if survey.is_off("comment") else defaults.COMMENT
    one = Comment(
        title=table.text("title", longest=40, default=defaults.COMMENT.title),
        longest=table.whole("longest", least=1, most=defaults.LONGEST_COMMENT, default=defaults.COMMENT.longest),
        shown=_shown(table),
        **_origin(table),
    )
    table.close()
    return one


def _call_me(survey: Table) -> CallMe | None:
    """Offered unless the file says ``call_me = false``."""
    table = _unless_switched_off(survey, "call_me")
    if table is None:
        return None if survey.is_off("call_me") else defaults.CALL_ME
    one = CallMe(
        label=table.text("label", longest=40, default=defaults.CALL_ME.label), shown=_shown(table), **_origin(table)
    )
    table.close()
    return one


def _unless_switched_off(survey: Table, name: str) -> Table | None:
    return None if survey.is_off(name) else survey.table(name)


def _shown(table: Table) -> Shown:
    value = table.word("shown", default=Shown.LOW.value, among=[*Shown])
    return Shown(value) if value in set(Shown) else Shown.LOW


def _thanks(survey: Table, name: str, default: Thanks) -> Thanks:
    table = survey.table(name)
    if table is None:
        return default
    one = Thanks(
        title=table.text("title", longest=40),
        body=table.text("body", longest=120),
        promises=table.texts("promises", longest=80),
        **_origin(table),
    )
    table.close()
    return one


def _message(survey: Table, name: str, default: Message) -> Message:
    table = survey.table(name)
    if table is None:
        return default
    one = Message(
        signature=table.text("signature", longest=60, holds=ORGANISATION),
        text=table.text("text", longest=400, holds=LINK),
        **_origin(table),
    )
    table.close()
    return one


def _roles(survey: Table, questions: Sequence[Question]) -> Roles:
    first = next((each for each in questions if each.scale), None)
    table = survey.table("measures")
    if table is None:
        top = first.scale.high if first and first.scale else 0
        return Roles(headline=first.key if first else "", top_from=top)
    one = Roles(
        headline=table.key("headline"),
        top_from=table.whole("top_from", least=0, most=LONGEST_SCALE),
        named={role: table.key(role) for role in NAMED_ROLES if table.has(role)},
        **_origin(table),
    )
    table.close()
    return one


def _notice(top: Table) -> Notice:
    table = top.table("notice")
    if table is None:
        return defaults.NOTICE
    one = Notice(
        title=table.text("title", longest=40),
        short=table.text("short", longest=120),
        who=table.text("who", longest=240, holds=ORGANISATION),
        purpose=table.text("purpose", longest=240),
        what=table.text("what", longest=240),
        how_long=table.text("how_long", longest=240),
        refuse=table.text("refuse", longest=240),
        **_origin(table),
    )
    table.close()
    return one


def _unavailable(top: Table) -> Unavailable:
    table = top.table("unavailable")
    if table is None:
        return defaults.UNAVAILABLE
    one = Unavailable(
        title=table.text("title", longest=40),
        body=table.text("body", longest=160, holds=("organisation", "hours")),
        contact_title=table.text("contact_title", longest=40),
        contact=table.text("contact", longest=160, holds=ORGANISATION),
        **_origin(table),
    )
    table.close()
    return one


def _opt_out(top: Table) -> OptOut:
    table = top.table("opt_out")
    if table is None:
        return defaults.OPT_OUT
    one = OptOut(
        link=table.text("link", longest=30),
        title=table.text("title", longest=40),
        body=table.text("body", longest=160, holds=ORGANISATION),
        button=table.text("button", longest=30),
        done_title=table.text("done_title", longest=40),
        done=table.text("done", longest=160, holds=ORGANISATION),
        **_origin(table),
    )
    table.close()
    return one
