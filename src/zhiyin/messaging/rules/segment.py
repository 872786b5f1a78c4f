"""What fits into one SMS segment, and how an invitation is cut until it does. The link is never cut.

A segment holds 70 UTF-16 units, or 160 characters of the GSM 03.38 alphabet (3GPP TS 23.038); a second segment
doubles the price of an invitation.
"""

UNITS, GSM_CHARACTERS = 70, 160
EACH_UNITS, EACH_GSM = 67, 153  # of several: each says which it is
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")  # an escape and the character: two places each
CUT = "…"


def over(text: str) -> int:
    """By how many places the text is longer than one segment; 0 when it fits."""
    length, most, _each = _measured(text)
    return max(0, length - most)


def segments_of(text: str) -> int:
    """How many segments a provider charges for this text."""
    length, most, each = _measured(text)
    return 1 if length <= most else -(-length // each)


def _measured(text: str) -> tuple[int, int, int]:
    """Its length, the most that one segment holds, and each of several."""
    if all(letter in _GSM or letter in _GSM_TWICE for letter in text):
        return sum(2 if letter in _GSM_TWICE else 1 for letter in text), GSM_CHARACTERS, EACH_GSM
    return len(text.encode("utf-16-le")) // 2, UNITS, EACH_UNITS


def one_segment(*, signature: str, text: str, link: str) -> str:
    """The SMS: signature and text with ``{link}`` filled in, shortened to one segment if it must be.

    First the words before the link go from their end, then the words behind it, last the signature (a carrier wants
    the sender named). If the link alone is longer than a segment, only the link remains.
    """
    before, _, behind = text.partition("{link}")
    parts = [signature, before, behind]
    if over(_joined(parts, link)):
        for place in (1, 2, 0):
            parts[place] = _shortened(parts, place, link)
    return _joined(parts, link)


def _joined(parts: list[str], link: str) -> str:
    signature, before, behind = parts
    return f"{signature}{before}{link}{behind}"


def _shortened(parts: list[str], place: int, link: str) -> str:
    words = parts[place]
    kept = words
    while words and over(_joined([*parts[:place], kept, *parts[place + 1 :]], link)):
        words = words[:-1]
        # A blank keeps the link apart from what stands before it, so that phones still see where it begins.
        kept = f"{words.rstrip()}{CUT} " if words and place == 1 else words
    return kept
