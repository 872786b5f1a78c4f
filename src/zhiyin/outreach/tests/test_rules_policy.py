"""A policy file: what it may say, what is refused and with which words, and that nothing is lost on the way back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.outreach.rules import (
    DEFAULT,
    DEFAULT_AT_ONCE,
    CellOf,
    ChannelCap,
    Exclusions,
    Gap,
    Groups,
    HoursFor,
    Kind,
    Limit,
    Policy,
    PolicyInvalid,
    Reminder,
    Scope,
    SendingHours,
    ShareFor,
    Target,
    parse_policy,
    render_policy,
    to_toml,
)
from zhiyin.outreach.rules.groups import GROUP_LISTS
from zhiyin.outreach.rules.terms import ALL_KINDS

CONTRACT = """
[[limit]]
per = "customer"            # or "customer+scenario"
max = 10
days = 90
reason = "customer_limit"
[gap]
hours = 24
[link]
hours = 8
[sending_hours]             # ignored by simulate unless the file has it
from = "08:00"
to = "21:00"                # "00:00" to "24:00" is always
"""


def problems(text: str) -> list[tuple[str, str | None, str]]:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(text)
    return [(problem.key, problem.got, problem.near) for problem in caught.value.problems]


def keys(text: str) -> list[str]:
    return [key for key, _, _ in problems(text)]


def test_the_file_of_the_contract_reads_as_it_is_written() -> None:
    policy = parse_policy(CONTRACT)
    assert policy == replace(DEFAULT, limits=DEFAULT.limits[:1])
    assert parse_policy(CONTRACT.replace("\n", "\r\n")) == policy
    assert parse_policy("\ufeff" + CONTRACT) == policy


def test_the_default_is_the_contracts() -> None:
    customer, scenario = DEFAULT.limits
    assert (customer.per, customer.most, customer.period) == (Scope.CUSTOMER, 10, timedelta(days=90))
    assert (scenario.per, scenario.most, scenario.period) == (Scope.SCENARIO, 2, timedelta(days=90))
    assert (DEFAULT.gap, DEFAULT.link_life) == (timedelta(hours=24), timedelta(hours=8))
    assert DEFAULT.sending_hours == SendingHours(opens=480, closes=1260)


def test_a_table_left_out_keeps_its_default() -> None:
    assert parse_policy("") == DEFAULT
    assert parse_policy("[gap]\nhours = 48") == replace(DEFAULT, gap=timedelta(hours=48))
    assert parse_policy("[gap]\nhours = 48", absent=DEFAULT_AT_ONCE).sending_hours is None


def test_every_table_can_be_said() -> None:
    policy = parse_policy(
        """
        version = "r14"
        source = "S0.28"
        [[limit]]
        per = "customer+touchpoint"
        max = 3
        hours = 36
        reason = "counter_limit"
        counts = ["survey"]
        source = ["S0.29"]
        why = "the counter asked for it"
        [gap]
        off = true
        [age]
        max_hours = 72
        [sampling]
        share = 0.85
        [caps]
        per_number_per_day = 3
        [sending_hours]
        from = "21:00"
        to = "08:00"
        """
    )
    limit = Limit(
        per=Scope.TOUCHPOINT,
        most=3,
        period=timedelta(hours=36),
        reason="counter_limit",
        counts=frozenset({Kind.SURVEY}),
    )
    assert policy == Policy(
        limits=(limit,),
        gap=None,
        link_life=timedelta(hours=8),
        sending_hours=SendingHours(opens=1260, closes=480),
        max_age=timedelta(hours=72),
        share=Decimal("0.85"),
        per_number_per_day=3,
        version="r14",
    )
    assert parse_policy("[age]\noff = true").max_age is None
    assert parse_policy("[sampling]\nshare = 1").share == 1


def test_a_reason_may_be_left_to_the_scope() -> None:
    for per, reason in (("customer", "customer_limit"), ("customer+scenario", "scenario_limit")):
        (limit,) = parse_policy(f'[[limit]]\nper = "{per}"\nmax = 1\ndays = 1').limits
        assert limit.reason == reason


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        ("00:00", "24:00", None),
        ("08:00", "24:00", SendingHours(opens=480, closes=1440)),
        ("08:00", "00:00", SendingHours(opens=480, closes=1440)),
        ("21:00", "08:00", SendingHours(opens=1260, closes=480)),
        ("23:59", "00:01", SendingHours(opens=1439, closes=1)),
    ],
)
def test_sending_hours(opens: str, closes: str, expected: SendingHours | None) -> None:
    assert parse_policy(f'[sending_hours]\nfrom = "{opens}"\nto = "{closes}"').sending_hours == expected


LIMIT = '[[limit]]\nper = "customer"\nmax = {max}\ndays = {days}\n'


@pytest.mark.parametrize(
    "value", ["0", "-1", "1_000_000_000", "1001", "10.5", "1e99", '"ten"', '""', "true", "nan", "[]"]
)
def test_a_limit_is_1_to_1000(value: str) -> None:
    assert keys(LIMIT.format(max=value, days=90)) == ["limit[1].max"]


@pytest.mark.parametrize("value", ["1", "1000"])
def test_the_ends_of_a_limit_are_allowed(value: str) -> None:
    assert parse_policy(LIMIT.format(max=value, days=90)).limits[0].most == int(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[gap]\nhours = 0", [("gap.hours", "0", "")]),
        ("[gap]\nhours = 2161", [("gap.hours", "2161", "")]),
        ("[gap]", [("gap.hours", None, "")]),
        ("[gap]\noff = false", [("gap.off", "false", "")]),
        ("[gap]\noff = true\nhours = 3", [("gap.off", "true", "")]),
        ("gap = 24", [("gap", "24", "")]),
        ("[link]\nhours = 0", [("link.hours", "0", "")]),
        ("[link]\nhours = 87600", [("link.hours", "87600", "")]),
        ("[age]\nmax_hours = -8", [("age.max_hours", "-8", "")]),
        ("[caps]\nper_number_per_day = 101", [("caps.per_number_per_day", "101", "")]),
        ("[sampling]\nshare = 1.01", [("sampling.share", "1.01", "")]),
        ("[sampling]\nshare = 0", [("sampling.share", "0", "")]),
        ("[sampling]\nshare = nan", [("sampling.share", "NaN", "")]),
        ("[sampling]\nshare = true", [("sampling.share", "true", "")]),
        ("[sampling]", [("sampling.share", None, "")]),
        ("sampling = 3", [("sampling", "3", ""), ("sampling.share", None, "")]),
        ('version = ""', [("version", '""', "")]),
        ("version = 3", [("version", "3", "")]),
        ('version = " a"', [("version", '" a"', "")]),
        ('version = "a\\u0007"', [("version", '"a\\u0007"', "")]),
        ("samplng = 3", [("samplng", "3", "sampling")]),
        ("[link]\nhour = 8", [("link.hour", "8", "hours"), ("link.hours", None, "")]),
        ("zzz = {}", [("zzz", "{…}", "")]),
        ("[limit]\nmax = 1", [("limit", "{…}", "")]),
        ("limit = []", [("limit", "[…]", "")]),
        ("limit = [3]", [("limit", "[…]", "")]),
        ('[sending_hours]\nfrom = "08:00"\nto = "08:00"', [("sending_hours", '"08:00–08:00"', "")]),
        ('[sending_hours]\nfrom = "00:00"\nto = "00:00"', [("sending_hours", '"00:00–00:00"', "")]),
        ('[sending_hours]\nfrom = "24:00"\nto = "08:00"', [("sending_hours", '"24:00–08:00"', "")]),
        ('[sending_hours]\nfrom = "24:01"\nto = "21:00"', [("sending_hours.from", '"24:01"', "")]),
        ('[sending_hours]\nfrom = "08:00"\nto = "8:00"', [("sending_hours.to", '"8:00"', "")]),
        ("[sending_hours]\nfrom = 08:00:00", [("sending_hours.from", "08:00:00", ""), ("sending_hours.to", None, "")]),
        (LIMIT.format(max=1, days=0), [("limit[1].days", "0", "")]),
        (LIMIT.format(max=1, days=1097), [("limit[1].days", "1097", "")]),
        (LIMIT.format(max=1, days=3) + "hours = 3", [("limit[1].hours", "3", "")]),
        (LIMIT.format(max=1, days=3) + 'reason = "gap"', [("limit[1].reason", '"gap"', "")]),
        (LIMIT.format(max=1, days=3) + 'reason = "Zu viel"', [("limit[1].reason", '"Zu viel"', "")]),
        (LIMIT.format(max=1, days=3) + "reason = 3", [("limit[1].reason", "3", "")]),
        (LIMIT.format(max=1, days=3) + 'counts = ["sms"]', [("limit[1].counts", "[…]", "")]),
        (LIMIT.format(max=1, days=3) + "counts = []", [("limit[1].counts", "[…]", "")]),
        ('[[limit]]\nper = "custmer"\nmax = 1\ndays = 1', [("limit[1].per", '"custmer"', "")]),
        ('[[limit]]\nper = ["customer"]\nmax = 1\ndays = 1', [("limit[1].per", "[…]", "")]),
        ("[[limit]]", [("limit[1].per", None, ""), ("limit[1].max", None, ""), ("limit[1].days", None, "")]),
        (LIMIT.format(max="", days=3), [("max", '"max ="', "")]),
        ("= 3", [("TOML", '"= 3"', "")]),
        ("[gap]\nhours = 3\nhours = 4", [("hours", '"hours = 4"', "")]),
        ("a = " + "[" * 5000, [("TOML", '""', "")]),
        ("a = " + "9" * 5000, [("TOML", '""', "")]),
        ("a = " + "x" * 100_000, [("TOML", "100004 characters", "")]),
        ("[gap]\nhours = 0x" + "f" * 5000, [("gap.hours", "f" * 39 + "…", "")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(text: str, expected: list[tuple[str, str | None, str]]) -> None:
    assert problems(text) == expected


def test_all_problems_are_told_at_once_in_both_languages() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy("[gap]\nhours = 0\n[lnk]\nhours = 8\n[sampling]\n")
    english, chinese = caught.value.line("en"), caught.value.line("zh-hans")
    assert english == str(caught.value)
    assert english == (
        "lnk is {…}: no such key; the keys are age, caps, eligible, exclude, gap, limit, link, reminder,"
        " sampling, sending_hours, target, version."
        " Did you mean link? gap.hours is 0: it must be a whole number of hours from 1 to 2160."
        " sampling.share is missing: it must be a number above 0 and at most 1, such as 0.85."
    )
    assert chinese == (
        "lnk 写的是 {…}：没有这个键；可用的键：age, caps, eligible, exclude, gap, limit, link, reminder,"
        " sampling, sending_hours, target, version。"
        "是不是想写 link？gap.hours 写的是 0：应为 1 到 2160 的整数（小时）。"
        "缺少 sampling.share：应为大于 0、不超过 1 的数，如 0.85。"
    )
    assert "\n" not in english + chinese


def test_at_most_50_limits() -> None:
    assert len(parse_policy(LIMIT.format(max=1, days=1) * 50).limits) == 50
    assert keys(LIMIT.format(max=1, days=1) * 51) == ["limit"]


hours = st.integers(1, 720).map(lambda number: timedelta(hours=number))
minutes = st.integers(1, 43_200).map(lambda number: timedelta(minutes=number))
some_hours = st.none() | st.builds(
    lambda opens, length: SendingHours(opens=opens, closes=(opens + length) % 1440 or 1440),
    st.integers(1, 1439),
    st.integers(1, 1439),
)
names = st.text(st.characters(min_codepoint=33, exclude_categories=["C", "Z"]), min_size=1, max_size=12)
few_names = st.lists(names, max_size=3, unique=True).map(tuple)
some_groups = st.builds(Groups, **dict.fromkeys(GROUP_LISTS, few_names))
shares = st.decimals("0.00001", "1", places=5)
yuan = st.decimals("1", "999999", places=3)
messages = st.frozensets(st.sampled_from(sorted(ALL_KINDS)), min_size=1)


def build(kind: type, **fields: Any) -> Any:
    """One of these, from its fields."""
    return st.builds(lambda **given: kind(**given), **fields)


policies = build(
    Policy,
    limits=st.lists(
        build(
            Limit,
            per=st.sampled_from(list(Scope)),
            most=st.integers(1, 1000),
            period=st.one_of(hours, minutes, st.integers(1, 1096).map(lambda number: timedelta(days=number))),
            reason=st.sampled_from(["customer_limit", "touchpoint_limit", "my_own_9"]),
            counts=st.frozensets(st.sampled_from(list(Kind)), min_size=1),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    gap=st.none() | hours,
    gaps=st.lists(
        build(
            Gap,
            per=st.sampled_from(list(Scope)),
            span=hours | minutes,
            reason=st.sampled_from(["scenario_gap", "staff_gap", "own_gap"]),
            counts=messages,
        ),
        max_size=3,
        unique_by=lambda gap: gap.reason,
    ).map(tuple),
    link_life=hours,
    sending_hours=some_hours,
    hours=st.lists(
        build(
            HoursFor,
            hours=some_hours,
            channel=names,
            region=st.just("") | names,
            time_zone=st.sampled_from(["", "Asia/Urumqi"]),
        ),
        max_size=2,
        unique_by=lambda row: (row.channel, row.region),
    ).map(tuple),
    max_age=st.none() | hours,
    share=shares,
    shares=st.lists(build(ShareFor, share=shares, unit=names, segment=st.just("") | names), max_size=2).map(tuple),
    per_number_per_day=st.none() | st.integers(1, 100),
    caps=st.lists(
        build(
            ChannelCap,
            channel=names,
            per_day=st.integers(1, 10**6),
            price=st.just(Decimal("0.045")),
            spend_per_day=st.none() | yuan,
            spend_per_month=yuan,
        ),
        max_size=2,
        unique_by=lambda cap: cap.channel,
    ).map(tuple),
    targets=st.lists(
        build(
            Target,
            per=st.sampled_from(list(CellOf)),
            measure=st.sampled_from(["top_box", "nps"]),
            half_width=shares,
            max_answers=st.none() | st.integers(1, 10**6),
            days=st.integers(1, 1096),
        ),
        max_size=2,
    ).map(tuple),
    eligible=some_groups,
    exclude=build(
        Exclusions, groups=some_groups, internal=st.booleans(), under_14=st.booleans(), open_legal_case=st.booleans()
    ),
    reminder=st.none() | build(Reminder, after=hours, most=st.integers(1, 5)),
    version=st.text(st.characters(min_codepoint=33, exclude_categories=["C", "Z"]), min_size=1, max_size=60),
)


@given(policies)
def test_a_policy_survives_its_file_and_can_be_told(policy: Policy) -> None:
    assert parse_policy(to_toml(policy), is_new=False) == policy
    for language in ("zh-hans", "en"):
        told = render_policy(policy, language=language)
        assert all(told)
        assert len(told) >= len(policy.limits) + len(policy.all_gaps) + len(policy.hours) + len(policy.targets) + 2


@given(st.text(max_size=300))
def test_any_text_is_a_policy_or_says_why_not(text: str) -> None:
    try:
        policy = parse_policy(text)
    except PolicyInvalid as caught:
        invalid = caught
    else:
        assert parse_policy(to_toml(policy)) == policy
        return
    assert invalid.problems
    assert all(problem.key and "\n" not in problem.sentence("en") for problem in invalid.problems)
