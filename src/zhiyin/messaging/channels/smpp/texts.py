"""A text as SMPP carries it: encoded, and in parts if it is long."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smpplib import consts, gsm  # type: ignore[import-untyped]

# What both the default alphabet of most centres and ASCII spell alike. A sign beyond it goes as UCS-2, which costs
# more and arrives as it was written.
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n\r!\"#%&'()*+,-./:;<=>?")


@dataclass(frozen=True, slots=True)
class Part:
    """What one submit_sm says of the text."""

    fields: Mapping[str, Any] = field(default_factory=dict)


def parts_of(text: str, *, long_texts: str, reference: int) -> list[Part]:
    """The text in one part or several. ``reference`` joins those of one text on the phone."""
    coding = consts.SMPP_ENCODING_DEFAULT if set(text) <= _SAFE else consts.SMPP_ENCODING_ISO10646
    encoded = text.encode("ascii") if coding == consts.SMPP_ENCODING_DEFAULT else text.encode("utf-16-be", "replace")
    _encode, whole, size = gsm.ENCODINGS[coding]
    common = {"data_coding": coding, "esm_class": consts.SMPP_MSGMODE_DEFAULT}
    if len(encoded) <= whole:
        return [Part({**common, "short_message": encoded})]
    if long_texts == "payload":
        return [Part({**common, "message_payload": encoded})]
    chunks = _cut(encoded, size, whole_characters=coding == consts.SMPP_ENCODING_ISO10646)
    if long_texts == "sar":
        numbers = {"sar_msg_ref_num": reference % 65536, "sar_total_segments": len(chunks)}
        return [
            Part({**common, **numbers, "sar_segment_seqnum": number, "short_message": chunk})
            for number, chunk in enumerate(chunks, start=1)
        ]
    with_header = {**common, "esm_class": consts.SMPP_GSMFEAT_UDHI}
    return [
        Part({**with_header, "short_message": bytes([5, 0, 3, reference % 256, len(chunks), number]) + chunk})
        for number, chunk in enumerate(chunks, start=1)
    ]


def _cut(encoded: bytes, size: int, *, whole_characters: bool) -> list[bytes]:
    """In chunks of at most so many bytes, and never through a character of two units."""
    chunks = []
    while encoded:
        end = min(size, len(encoded))
        if whole_characters and end < len(encoded) and 0xD8 <= encoded[end - 2] <= 0xDB:
            end -= 2
        chunks.append(encoded[:end])
        encoded = encoded[end:]
    return chunks
