"""Purposes, grounds, flags and languages in the words of the screens and of the customer's own page."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from zhiyin.people.rules import Basis, Flag, Purpose

PURPOSES: Mapping[Purpose, Promise] = {
    Purpose.SURVEY: lazy("Surveys after a service"),
    Purpose.CARE: lazy("Care messages"),
    Purpose.RESEARCH: lazy("Research"),
}
# What it means, to the customer.
MEANINGS: Mapping[Purpose, Promise] = {
    Purpose.SURVEY: lazy("A short questionnaire about the service that you just had."),
    Purpose.CARE: lazy("Reminders and greetings that have to do with what you use."),
    Purpose.RESEARCH: lazy("Now and then a longer talk or a test of something new."),
}
BASES: Mapping[Basis, Promise] = {
    Basis.CONTRACT: lazy("the service relationship"),
    Basis.CONSENT: lazy("their consent"),
    Basis.LEGAL_DUTY: lazy("a legal duty"),
}
FLAGS: Mapping[Flag, Promise] = {
    Flag.INTERNAL: lazy("internal number"),
    Flag.UNDER_14: lazy("under 14"),
    Flag.OPEN_LEGAL_CASE: lazy("open legal case"),
}
LANGUAGES: Mapping[str, Promise] = {
    "zh-hans": lazy("Simplified Chinese"),
    "en": lazy("English"),
    "": lazy("Not known: the installation's"),
}
# How a refusal or a consent reached us. Anything else is shown as it was recorded.
SOURCES: Mapping[str, Promise] = {
    "link": lazy("by the link in a message"),
    "sms": lazy("by answering a message"),
    "staff": lazy("told a member of staff"),
    "api": lazy("from another system"),
    "bounce": lazy("the address does not take messages"),
    "complaint": lazy("complained about a message"),
    "preference page": lazy("on their preference page"),
}


def source_word(source: str) -> str:
    """How it reached us, in words."""
    return str(SOURCES.get(source, source))
