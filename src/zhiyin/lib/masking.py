"""What a screen shows of a person by default: enough to recognise, too little to use (source S0.47: 150****1528).

The stars never count the hidden characters, except inside an eleven-digit number, whose length everybody knows.
"""

import re

from zhiyin.lib.phones import Phone, PhoneKind, normalise

_STARS = "***"
# Two-character surnames; every other Chinese surname is taken as one character.
_COMPOUND_LIST = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容"
    "仲孙钟离长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐"
    "段干百里呼延东郭南门羊舌微生梁丘左丘东门西门第五"
)
_COMPOUND = frozenset(_COMPOUND_LIST[place : place + 2] for place in range(0, len(_COMPOUND_LIST), 2))

_DIGITS = {ord(wide): str(value) for value, wide in enumerate("０１２３４５６７８９")}
_SPOKEN = {ord(word): digit for word, digit in zip("零〇一二三四五六七八九幺", "001234567891", strict=True)}
_GAP = r"[\s\-.·]?"
_PERSONAL = re.compile(
    # An identity card: region, birthday, sequence, check; then the fifteen digits of old ones.
    r"(?<![0-9])(?P<card>[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
    r"|[1-9][0-9]{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3})(?![0-9])"
    # A mobile number, with or without 86 in front and gaps inside.
    rf"|(?<![0-9])(?:(?:\+|00)?86{_GAP})?(?P<mobile>1[3-9][0-9](?:{_GAP}[0-9]){{8}})(?![0-9])"
    r"|(?<![0-9])(?P<landline>0[1-9][0-9]{1,2}[\s\-]?[2-8][0-9]{6,7})(?![0-9])"
)


def mask_phone(number: str | Phone) -> str:
    """``138****8000``, ``010****5678``, ``+1****2671``; stars alone for what is no phone number."""
    phone = number if isinstance(number, Phone) else normalise(number)
    if not isinstance(phone, Phone):
        return _STARS
    if phone.kind is PhoneKind.FOREIGN:
        return f"{phone.e164[: -len(phone.national)]}****{phone.national[-4:]}"
    return f"{phone.national[:3]}****{phone.national[-4:]}"


def mask_name(name: str) -> str:
    """``王**``, ``欧阳**``, ``J*** S***``: the surname of a Chinese name, the initials of any other."""
    name = name.strip()
    if not name:
        return ""
    if not name[0].isascii() and not name[0].islower() and not name[0].isupper():
        return (name[:2] if name[:2] in _COMPOUND and len(name) > 2 else name[0]) + "**"
    return " ".join(word[0] + _STARS for word in name.split()[:3])


def mask_email(address: str) -> str:
    """``z***@example.com``."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}{_STARS}@{domain}" if at and local else _STARS


def mask_id(identifier: str) -> str:
    """The ends of a number from another system, ``ca***01``; stars alone where the ends would be most of it."""
    return f"{identifier[:2]}{_STARS}{identifier[-2:]}" if len(identifier) >= 8 else _STARS


def mask_card(number: str) -> str:
    """An identity card keeps its first and its last character."""
    return number[0] + "*" * (len(number) - 2) + number[-1]


def scrub(text: str) -> str:
    """The text with phone and identity-card numbers masked, also in full-width or spoken digits (RELIABILITY S53)."""
    # One character for one, so that a place in the plain copy is the same place in the text.
    plain = text.translate(_DIGITS)
    if any(ord(word) in _SPOKEN for word in "幺零〇" if word in plain) or re.search("[一二三四五六七八九]{4}", plain):
        plain = plain.translate(_SPOKEN)
    pieces, done = [], 0
    for found in _PERSONAL.finditer(plain):
        kind = str(found.lastgroup)
        start, end = found.span(kind)
        pieces += [text[done:start], _masked(kind, found[kind])]
        done = end
    return "".join([*pieces, text[done:]])


def _masked(kind: str, number: str) -> str:
    if kind == "card":
        return mask_card(number)
    digits = "".join(character for character in number if character.isdigit())
    return f"{digits[:3]}****{digits[-4:]}"
