"""What no single key shows: whether the parts of a questionnaire agree with each other."""

from zhiyin.lib.text import Text
from zhiyin.surveys.rules.questionnaire import RESERVED, Message, Question, Questionnaire
from zhiyin.surveys.rules.tables import Table

LINK = 36  # characters of the longest link: https://s.example.cn/s/ and twelve of a token
SEGMENT, LATIN_SEGMENT = 70, 160  # of one short message; beyond it costs double
STUDY = "study"  # asked by interviewers and other systems
MOST_POINTS = 10  # between both ends of a scale on a page
LONGEST_NAME = 6  # of an organisation, for a signature at the price of one segment


def check(one: Questionnaire, table: Table) -> None:
    """Note every disagreement in the table that the questionnaire was read from."""
    table.no_repeats("question", [question.key for question in one.questions])
    for question in one.questions:
        if question.key in RESERVED:
            table.say(f"question[{question.key}]", "is the name of a field of its own; choose another key.")
    for scale in one.scales:
        if one.purpose != STUDY and scale.high - scale.low > MOST_POINTS:
            table.say("question.scale", "the scale '%(scale)s' is too long for a page.", scale=scale.key)
    _expectations(one, table)
    _roles(one, table)
    _follow_up(one, table)
    for language, words in one.sms.text.items():
        _link(f"sms.text.{language}", words, table)
        _segment(one.sms, language, table)
    for language, words in one.email.text.items():
        _link(f"email.text.{language}", words, table)


def _expectations(one: Questionnaire, table: Table) -> None:
    """What is expected and what is found are asked on one scale, in pairs, and a figure reads only what is found."""
    expecting = [question for question in one.questions if question.expects]
    table.no_repeats("question.expects", [question.expects for question in expecting])
    read = {one.roles.headline, *one.roles.named.values()}
    for question in expecting:
        where, found = f"question[{question.key}].expects", one.question(question.expects)
        if found is None or found.scale is None or found.expects or found is question:
            table.say(where, "'%(key)s' is not a scale question of this survey.", key=question.expects)
        elif question.scale is None or question.scale.key != found.scale.key:
            table.say(where, "both questions of a pair must use one scale.")
        if question.key in read:
            table.say(where, "a question that figures read cannot ask for what was expected.")


def _roles(one: Questionnaire, table: Table) -> None:
    headline = one.headline
    for role, key in (("headline", one.roles.headline), *one.roles.named.items()):
        if not _is_scaled(one.question(key)) and (key or role != "headline"):
            table.say(f"measures.{role}", "'%(key)s' is not a scale question of this survey.", key=key)
    if headline and headline.scale and not headline.scale.low < one.roles.top_from <= headline.scale.high:
        table.say("measures.top_from", "is not on the headline question's scale.")


def _is_scaled(question: Question | None) -> bool:
    return question is not None and question.scale is not None


def _follow_up(one: Questionnaire, table: Table) -> None:
    if one.follow_up is None:
        return
    for scale in one.scales:
        if not scale.low <= one.follow_up.low_to < scale.high:
            table.say("follow_up.low_to", "is not below the top of the scale '%(scale)s'.", scale=scale.key)


def _link(where: str, words: str, table: Table) -> None:
    if "{link}" not in words:
        table.say(where, "must hold {link}.")


def _segment(message: Message, language: str, table: Table) -> None:
    """An SMS with its signature and the longest link goes as one segment."""
    between = "" if language.startswith("zh") else " "
    words = _worst(message.signature, language) + between + _worst(message.text, language)
    limit = LATIN_SEGMENT if words.isascii() else SEGMENT
    length = len(words.encode("utf-16-le")) // 2
    if length > limit:
        table.say(
            f"sms.text.{language}",
            "takes %(length)s characters with signature and link; one message has %(limit)s.",
            length=length,
            limit=limit,
        )


def _worst(text: Text, language: str) -> str:
    name = "云" * LONGEST_NAME if language.startswith("zh") else "Yunqiao Telecom"
    filled = text.get(language, "").replace("{organisation}", name)
    return filled.replace("{link}", "x" * LINK).replace("{hours}", "24")
