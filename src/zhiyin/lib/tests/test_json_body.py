"""The strict JSON reader against the catalogue (RELIABILITY A01-A22) and against the standard library."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.clean import JsonLimits, Unclean, parse_json

_SMALL = JsonLimits(max_bytes=600_000)


def _refused(body: bytes, **more: Any) -> tuple[str, int | None, str]:
    with pytest.raises(Unclean) as refused:
        parse_json(body, **{"limits": _SMALL, **more})
    (found,) = refused.value.faults
    assert found.sentence("zh-hans") != found.sentence("en")
    return found.code, found.position, found.message_en


@pytest.mark.parametrize(
    ("body", "position", "says"),
    [
        pytest.param(b"", 0, "empty", id="A01"),
        pytest.param(b" \n ", 0, "empty", id="A01-white-space"),
        pytest.param(b"null", 0, "must be one JSON object", id="A02"),
        pytest.param(b"  []", 2, "must be one JSON object", id="A03"),
        pytest.param(b'"cti"', 0, "must be one JSON object", id="A04"),
        pytest.param(b'{"a": 1, "b', 9, "breaks off", id="A05"),
        pytest.param(b'{"a": 1', 7, "breaks off", id="A05-no-brace"),
        pytest.param(b'{"a": 1} x', 9, "Something follows", id="A06"),
        pytest.param(b'{"a": 1}{}', 8, "Something follows", id="A06-second-value"),
        pytest.param(b'{"a": 1, "a": 2}', 9, "comes twice", id="A07"),
        pytest.param(b'{"a" :1,"a":2}', 8, "comes twice", id="A07-space-before-colon"),
        pytest.param(b'{"a":1,"\\u0061":2}', 7, "comes twice", id="A07-escaped"),
        pytest.param(b'{"b": {"a": 1, "c": {"a": 1}, "a": 2}}', 30, "comes twice", id="A07-nested"),
        pytest.param('{"王":":", "王":2}'.encode(), 12, "comes twice", id="A07-colon-in-text"),
        pytest.param(b'{"a": NaN}', 6, "NaN", id="A08"),
        pytest.param(b'{"NaN": -Infinity}', 8, "NaN", id="A08-infinity"),
        pytest.param(b'{"a": 1e999}', 6, "too big", id="A09"),
        pytest.param(b'{"a": -1.5E+400}', 6, "too big", id="A09-negative"),
        pytest.param(b'{"a": ' + b"7" * 5_000 + b"}", 6, "too big", id="A10"),
        pytest.param(b'{"a":' * 100_000, 160, "nested deeper", id="A11"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, 32, "nested deeper", id="A11-lists"),
        pytest.param('{"name": "王'.encode() + b'","x":' + b"[" * 200, 50, "nested deeper", id="A11-bytes-counted"),
        pytest.param('{"name": "王明"}'.encode("gbk"), 10, "not UTF-8", id="A12"),
        pytest.param('{"name": 1}'.encode("utf-16"), 0, "not UTF-8", id="A13"),
        pytest.param('{"name": 1}'.encode("utf-16-le"), 1, "not UTF-8", id="A13-no-mark"),
        pytest.param(b'{"a": "\xe7\x8e"}', 7, "not UTF-8", id="A14"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', 7, "not UTF-8", id="A14-surrogate-bytes"),
        pytest.param(b'{"a": "\xc0\xaf"}', 7, "not UTF-8", id="A14-overlong"),
        pytest.param(b'\xef\xbb\xbf{"a": 1,}', 11, "not JSON", id="A15-position-counts-the-mark"),
        pytest.param(b'{"a": "x\x00y"}', 8, "raw control", id="A24-raw"),
        pytest.param(b'{"a": "x\\u0000"}', 8, "NUL", id="A25"),
        pytest.param(b'{"a": "\\\\\\u0000"}', 9, "NUL", id="A25-after-a-backslash"),
        pytest.param(b'{"a": "\\ud83d"}', 7, "NUL", id="A26"),
        pytest.param(b'{"a": "\\ud83d\\ud83d\\ude00"}', 7, "NUL", id="A26-two-firsts"),
        pytest.param(b'{"a": "\\ude00"}', 7, "NUL", id="A26-second-half"),
        pytest.param(b'{"\\ud83d x": 1}', 2, "NUL", id="A26-in-a-key"),
        pytest.param(b"{'a': 1}", 1, "not JSON", id="quotes"),
        pytest.param(b'{"a": 01}', 7, "not JSON", id="leading-zero"),
        pytest.param(b'{"a": ]}', 6, "not JSON", id="mismatch"),
        pytest.param(b'{"a": "' + b'\\"' * 100_000, 6, "breaks off", id="never-ending-text"),
        pytest.param(b"]" * 40, 0, "not JSON", id="only-ends"),
        pytest.param(b'{"\\x": 1, "a": {}}', 2, "not JSON", id="broken-key"),
        pytest.param(b'{"a": {"b": [1]}, "c": [{}], "a": 1}', 29, "comes twice", id="A07-late"),
    ],
)
def test_a_bad_body_is_refused_with_its_place(body: bytes, position: int, says: str) -> None:
    code, at, sentence = _refused(body)
    assert (code, at) == ("json_invalid", position)
    assert says in sentence


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")])
def test_the_last_level_is_allowed_and_the_next_is_not(opens: str, closes: str) -> None:
    def nested(levels: int) -> bytes:
        inner = ",".join(['{"[": "]"}'] * 40)  # one level, and enough brackets that they must be looked at
        return f'{{"a": {opens * (levels - 3)}[{inner}]{closes * (levels - 3)}}}'.encode()

    limits = JsonLimits(max_depth=9)
    assert parse_json(nested(9), limits=limits) == json.loads(nested(9))
    with pytest.raises(Unclean) as refused:
        parse_json(nested(10), limits=limits)
    assert "deeper than 9 levels" in str(refused.value)


def test_a_byte_order_mark_is_stripped() -> None:  # A15
    assert parse_json(b'\xef\xbb\xbf{"a": "\xe7\x8e\x8b"}') == {"a": "王"}


def test_one_byte_over_the_limit_is_too_large() -> None:  # A20
    body = b'{"a": "' + b"x" * 90 + b'"}'
    assert parse_json(body, limits=JsonLimits(max_bytes=len(body)))
    with pytest.raises(Unclean) as refused:
        parse_json(body + b" ", limits=JsonLimits(max_bytes=len(body)))
    assert (refused.value.status, refused.value.faults[0].code) == (413, "body_too_large")


def test_a_batch_of_1001_is_too_large() -> None:  # A22
    assert len(parse_json(b"[" + b"{}," * 999 + b"{}]", expect=(dict, list))) == 1_000
    with pytest.raises(Unclean) as refused:
        parse_json(b"[" + b"{}," * 1_000 + b"{}]", expect=(dict, list))
    assert (refused.value.status, refused.value.faults[0].code) == (413, "batch_too_large")


def test_a_bare_text_is_neither_an_object_nor_a_list() -> None:
    assert "or a list" in _refused(b'"x"', expect=(dict, list))[2]


@pytest.mark.parametrize("text", ["\\u0000", "\\ud83d"])
def test_a_record_may_name_unsafe_text_itself(text: str) -> None:
    assert parse_json(f'{{"a": "{text}"}}'.encode(), limits=JsonLimits(unsafe_text=True))


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "\\\\u0000 \\ud83d\\ude00 \\\\ud800"}',
        b'{"a": ":", ":": "\\":", "b": "\\\\", "c" : ": :"}',
        b'{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "b": "]}\\"{{"}',
        b' \n{"a": [1, 2.5, -3e2, true, null, {"a": {"a": 1}}]}\r\n\t',
        b'{"big": 123456789012345678901234567890}',
    ],
)
def test_what_only_looks_suspicious_is_read(body: bytes) -> None:
    assert parse_json(body) == json.loads(body)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=40,
)


@given(st.dictionaries(st.text(), _values, max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_every_valid_object_is_read_as_the_standard_library_reads_it(value: Any, ascii_only: bool, indent: int) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode(errors="surrogatepass")
    if "\\ud" in json.dumps(value) or "\\u0000" in json.dumps(value):
        return
    assert parse_json(body, limits=JsonLimits(max_depth=100)) == json.loads(body)


@given(st.binary(max_size=40) | st.text('{}[]":,\\u0aNaI1eE-.d8c ', max_size=40).map(str.encode))
def test_no_body_brings_anything_but_a_value_or_a_refusal(body: bytes) -> None:
    try:
        assert isinstance(parse_json(body, limits=JsonLimits(max_depth=4)), dict)
    except Unclean as refused:
        (found,) = refused.faults
        assert found.position is not None
        assert 0 <= found.position <= len(body)
        return
    assert parse_json(body) == json.loads(body)
