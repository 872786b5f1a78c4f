"""Names that nothing bears: refused or remarked on when a policy is applied, with the near name."""

import pytest

from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.naming import named_policy, unheard_of
from zhiyin.outreach.policies import proposed, versions
from zhiyin.outreach.rules import PolicyInvalid
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations, make_world, policy_versions
from zhiyin.people.access import Viewer

pytestmark = pytest.mark.django_db
SLIPS = """
[eligible]
units = ["HQ", "NOPE"]
channels = ["smss"]
scenarios = ["hot-line"]
[[caps.channel]]
channel = "smz"
per_day = 3
[[sending_hours.for]]
channel = "emial"
region = "HQQ"
from = "08:00"
to = "20:00"
[[sampling.for]]
touchpoint = "hotlin"
segment = "gold"
share = 0.5
"""


def test_every_unknown_name_is_refused_at_its_key_with_the_near_one() -> None:
    make_world()
    with pytest.raises(PolicyInvalid) as caught:
        apply_policy(SLIPS, by=SYSTEM, now=NOW)
    assert [(one.key, one.got, one.near) for one in caught.value.problems] == [
        ("eligible.units", '"NOPE"', ""),
        ("eligible.scenarios", '"hot-line"', "hotline"),
        ("eligible.channels", '"smss"', "sms"),
        ("sending_hours.for[1].channel", '"emial"', "email"),
        ("sending_hours.for[1].region", '"HQQ"', "HQ"),
        ("sampling.for[1].touchpoint", '"hotlin"', "hotline"),
        ("caps.channel[1].channel", '"smz"', "sms"),
    ]
    assert caught.value.problems[1].sentence("en") == (
        'eligible.scenarios is "hot-line": there is no such scenario; there are hotline. Did you mean hotline?'
    )
    assert policy_versions().count() == 0


def test_a_unit_may_come_later_if_somebody_says_so() -> None:
    make_world()
    assert apply_policy('[eligible]\nunits = ["NOPE"]\n', by=SYSTEM, now=NOW, checks_names=False) == (1, True)


def test_what_is_there_passes() -> None:
    make_world()
    named_policy('[eligible]\nunits = ["HQ"]\nscenarios = ["hotline"]\nchannels = ["sms", "wecom"]\n')


def test_a_brand_that_no_customer_has_is_remarked_on_and_refused_by_nobody() -> None:
    make_invitations(1)
    text = '[exclude]\nbrands = ["云享"]\nsegments = ["gold"]\n'
    assert [one.sentence("zh-hans") for one in unheard_of(text)] == [
        'exclude.segments 写的是 "gold"：还没有客户属于这个客户群。',
        'exclude.brands 写的是 "云享"：还没有客户属于这个品牌。',
    ]
    assert apply_policy(text, by=SYSTEM, now=NOW)[1]


def test_the_versions_say_how_one_came_in_that_nobody_logged_in_for() -> None:
    make_world()
    apply_policy("[link]\nhours = 9\n", by=Viewer.system("cli"), now=NOW)
    apply_policy("[link]\nhours = 10\n", by=Viewer.system("install"), now=NOW)
    assert [card.told.split(" · ")[0] for card in versions(language="zh-hans")] == [
        "知音初始设置",
        "命令行",
    ]


NAMED = """
[eligible]
units = ["HQ"]
channels = ["sms", "email"]
scenarios = ["hotline"]
segments = ["gold"]
[[caps.channel]]
channel = "sms"
per_day = 3
[[sending_hours.for]]
channel = "sms"
region = "HQ"
from = "08:00"
to = "20:00"
[[sampling.for]]
touchpoint = "hotline"
unit = "HQ"
share = 0.5
"""


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "zh-hans",
            [
                "只邀请这些：客户群 gold，并且单位及其下级 云桥，并且场景 热线，并且通道 短信、邮件。",
                "触点 热线、单位 云桥 按 50% 抽样邀请。",
                "云桥 及其下级单位、通道 短信：只在当地时间 08:00–20:00 下发，其余时间顺延到下一个 08:00。",
                "通道 短信 每天最多下发 3 条，多出的顺延到第二天。",
            ],
        ),
        (
            "en",
            [
                "Only these are asked: segments gold; and units with all below them Cloudbridge; and scenarios "
                "Hotline; and channels SMS, E-mail.",
                "Touchpoint Hotline, unit Cloudbridge: 50% of those who pass the other rules are invited.",
                "In Cloudbridge and below, by SMS, messages leave between 08:00 and 20:00 local time; at other times "
                "they wait until 08:00.",
                "At most 3 messages a day leave by SMS; the rest wait until the next day.",
            ],
        ),
    ],
)
def test_rules_are_told_by_name_and_applied_by_key(language, told):
    make_world()
    apply_policy(NAMED, by=SYSTEM, now=NOW)
    (card,) = versions(language=language)
    sentences = [one.text for one in card.sentences]
    assert [one for one in sentences if one in told] == told, sentences
    assert card.toml == NAMED
    shown, _dropped = proposed(NAMED, against="", language=language)
    assert [one.text for one in shown if one.text in told] == told


def test_a_key_that_bears_no_name_any_more_is_told_as_it_stands():
    make_world()
    (eligible, *_rest), _dropped = proposed('[eligible]\nunits = ["GONE"]\n', against="", language="en")
    assert eligible.text == "Only these are asked: units with all below them GONE."
