"""An engine's address: read whole, refused with the near name, never repeated."""

import pytest

from zhiyin.lib.engine_address import BadAddress, EngineAddress, read_address


def test_embedded_is_the_engine_in_this_process():
    assert read_address("embedded") == EngineAddress("embedded")
    assert read_address("embedded").shown == "embedded"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "clickhouses://zhiyin:p%40ss@figures/db?mirror=https://store/bucket/mirror/&timeout=20",
            EngineAddress(
                *("clickhouses", "figures", 8443, "zhiyin", "p@ss", "db"),
                {"mirror": "https://store/bucket/mirror", "timeout": "20"},
            ),
        ),
        ("clickhouse://h?mirror=m", EngineAddress("clickhouse", "h", 8123, options={"mirror": "m"})),
        (
            "spark://h:7078?cores=8&memory=4g",
            EngineAddress("spark", "h", 7078, options={"cores": "8", "memory": "4g"}),
        ),
    ],
)
def test_what_is_left_out_is_the_usual(text, found):
    assert read_address(text) == found


def test_who_reads_a_log_reads_no_password():
    found = read_address("clickhouse://zhiyin:hunter2@h?mirror=m")
    assert "hunter2" not in repr(found) + found.shown
    assert found.shown == "clickhouse://h:8123"
    assert (found.mirror, found.seconds(7)) == ("m", 7)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sparc://h", "did you mean spark"),
        ("embeded", "did you mean embedded"),
        ("mysql://h", "use one of: embedded, clickhouse, clickhouses, spark"),
        ("trino://h", "rendered for trino, but not sent there"),
        ("starrocks://h", "rendered for starrocks, but not sent there"),
        ("clickhouse://?mirror=m", "the host is missing"),
        ("clickhouse://h:x?mirror=m", "cannot be read"),
        ("clickhouse://h", "say where ClickHouse finds"),
        ("clickhouse://h?miror=m", "did you mean mirror"),
        ("clickhouse://h?mirror", "behind the question mark"),
        ("clickhouse://h?user=me", "known: mirror, timeout"),
        ("clickhouse://h?mirror=m&mirror=n", "mirror is given twice"),
        ("clickhouse://h?mirror=a','b", "without spaces, quotes and wildcards"),
        ("clickhouse://h?mirror={a,b}", "without spaces, quotes and wildcards"),
        ("clickhouse://h?mirror=m&timeout=0", "whole seconds"),
        ("spark://me@h", "takes no user"),
        ("spark://h?memory=lots", "such as 512m"),
    ],
)
def test_a_slip_is_told_with_its_cure(text, why):
    with pytest.raises(BadAddress, match=why.replace("?", r"\?")):
        read_address(text)
