"""Names that nothing bears: refused or remarked on when a policy is applied, with the near name."""

import pytest

from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.naming import named_policy, unheard_of
from zhiyin.outreach.policies import versions
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
