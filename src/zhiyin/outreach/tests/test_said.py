"""What gateways and broken lines said, in the reader's words."""

import pytest
from django.utils import translation

from zhiyin.messaging.actions.recovering import DIED
from zhiyin.messaging.rules.answers import Broken, Reading, broken, read_http
from zhiyin.messaging.rules.outcomes import Result
from zhiyin.outreach.said import BROKE_OFF, in_words

LATIN = set("abcdefghijklmnopqrstuvwxyz")


@pytest.mark.parametrize("detail", [DIED, BROKE_OFF, *(broken(how, "ReadError").detail for how in Broken), *Broken])
def test_however_a_line_broke_a_chinese_screen_says_it_in_chinese(detail):
    with translation.override("zh-hans"):
        told = in_words(str(detail))
    assert told
    assert not LATIN & set(told.lower())


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (500, b'{"error": "oops"}', "网关自身出错（HTTP 500）"),
        (429, b"", "网关要求放慢发送（HTTP 429）"),
        (401, b"", "网关不认可我方密钥（HTTP 401）"),
        (302, b"", "网关不接受这个请求（HTTP 302）"),
        (200, b"<html>", "网关的应答无法证明结果"),
        (200, b"{}", "网关的应答无法证明结果"),
    ],
)
def test_an_answer_is_told_by_what_it_means(status, body, told):
    outcome = read_http(status, body, headers={}, reading=Reading(success_path="code", success_values=("OK",)))
    with translation.override("zh-hans"):
        assert in_words(outcome.detail) == told


def test_a_refusal_in_a_clouds_own_words_is_a_refusal():
    with translation.override("zh-hans"):
        assert in_words("HTTP 200 isv.MOBILE_NUMBER_ILLEGAL 号码格式不正确") == "网关拒收"
    assert in_words("bad signature") == "", Result.REFUSED
