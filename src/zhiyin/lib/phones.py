"""Telephone numbers as people and systems write them, brought to one spelling (RELIABILITY A50-A55).

A mainland mobile is what a survey can be sent to; a landline or a foreign number is kept and says so.
"""

import re
import unicodedata
from enum import StrEnum
from typing import NamedTuple

import phonenumbers

from zhiyin.lib.faults import Fault, fault


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"  # with 400, 800 and other mainland numbers that take no text message
    FOREIGN = "foreign"


class Phone(NamedTuple):
    """``e164`` finds the person again (``+8613800138000``); ``national`` is how people at home dial it."""

    kind: PhoneKind
    e164: str
    national: str


_CHINA = 86
_LONGEST = 40  # characters, of anything that anybody would call a phone number
# Any second digit from 3 to 9: carriers are given new ranges faster than software is renewed, and a wrong guess here
# would turn a reachable customer away.
MOBILE = re.compile(r"1[3-9][0-9]{9}")
_MOBILE_LONG = re.compile(r"(?:\+?86|0086)?0?(1[3-9][0-9]{9})")
# Spaces of any width, dashes, dots, brackets, and the direction marks that address books paste along.
_PADDING = re.compile(r"[\s\-\u2010-\u2015\u2212\u30fc().\u00b7/\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x|#)[0-9]{1,6}$", re.IGNORECASE)
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]+")


def normalise(raw: str) -> Phone | Fault:
    """The number, or a fault that names no field yet.

    Codes: ``phone_invalid``, ``phone_letters``, ``phone_length``, ``phone_area_code``, ``phone_leading_zero``,
    ``phone_digits_lost``.
    """
    if MOBILE.fullmatch(raw):
        return mobile(raw)
    if len(raw) > _LONGEST:
        return fault("phone_invalid")
    text = _PADDING.sub("", unicodedata.normalize("NFKC", raw))
    written = _MOBILE_LONG.fullmatch(text)
    if written:
        return mobile(written[1])
    return _refused(text) or _other(_EXTENSION.sub("", text))


def mobile(digits: str) -> Phone:
    """The phone behind eleven digits that match ``MOBILE``."""
    return Phone(PhoneKind.MOBILE, "+86" + digits, digits)


def _refused(text: str) -> Fault | None:
    """The commonest mistakes, each by its name."""
    if _SCIENTIFIC.fullmatch(text):
        return fault("phone_digits_lost")
    digits = _EXTENSION.sub("", text)
    if any(character.isalpha() for character in digits):
        return fault("phone_letters")
    if re.fullmatch(r"1[3-9][0-9]*", digits) and len(digits) != 11:
        return fault("phone_length", length=len(digits))
    if _LOCAL.fullmatch(digits):
        return fault("phone_area_code")
    return None


def _other(text: str) -> Phone | Fault:
    """Landlines and foreign numbers, by the numbering plans that ``phonenumbers`` knows."""
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return fault("phone_invalid")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.country_code != _CHINA:
        if not phonenumbers.is_possible_number(number):
            return fault("phone_invalid")
        return Phone(PhoneKind.FOREIGN, e164, phonenumbers.national_significant_number(number))
    if not phonenumbers.is_valid_number(number):
        return fault("phone_invalid")
    is_landline = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE
    if is_landline and text == str(number.national_number):
        # Nobody dials a landline like this: a spreadsheet took the number for a sum and ate the zero of the area code.
        return fault("phone_leading_zero")
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return Phone(PhoneKind.LANDLINE, e164, _PADDING.sub("", national))
