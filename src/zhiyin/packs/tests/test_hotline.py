"""The hotline pack: complete, in two languages, sourced, and at one with itself."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zhiyin.insight.rules import lexicon_of, read_comment
from zhiyin.messaging.rules.segment import one_segment, over
from zhiyin.outreach.fairness import compared
from zhiyin.outreach.rules import DEFAULT
from zhiyin.outreach.rules.terms import ALL_KINDS
from zhiyin.packs.crowd import Crowd
from zhiyin.packs.format import Pack, built_in_packs, load_pack
from zhiyin.people.roles import Role
from zhiyin.surveys.rules import Questionnaire

LANGUAGES = {"zh-hans", "en"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# How many numbered items each source text has: an id beyond them is a slip of the pen.
LAST_ID = {"S0": 47, "S1": 43, "S2": 26, "S3": 127, "S4": 11}
TOKEN, ADDRESS = 12, 24


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(built_in_packs()["hotline"])


def survey(pack: Pack, key: str) -> Questionnaire:
    return next(one for one in pack.surveys if one.key == key)


def texts(raw: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every text of the tables, with its place."""
    if isinstance(raw, Mapping):
        if set(raw) & LANGUAGES:
            yield path, dict(raw)
        for name, inner in raw.items():
            yield from texts(inner, f"{path}.{name}")
    elif isinstance(raw, list):
        for number, inner in enumerate(raw):
            yield from texts(inner, f"{path}[{number}]")


def sentences(pack: Pack) -> Iterator[tuple[str, str, str]]:
    """Place, Chinese and English of every text that is one sentence (lists of words are no sentences)."""
    for place, text in texts(pack.tables):
        if all(isinstance(words, str) for words in text.values()):
            yield place, text["zh-hans"], text["en"]


def sources(raw: object) -> Iterator[str]:
    """Every S-id named anywhere."""
    if isinstance(raw, Mapping):
        named = raw.get("source", [])
        yield from (one for one in ([named] if isinstance(named, str) else named) if one != "default")
        for inner in raw.values():
            yield from sources(inner)
    elif isinstance(raw, list):
        for inner in raw:
            yield from sources(inner)


# language


def test_every_sentence_stands_in_both_languages_and_in_no_other(pack: Pack) -> None:
    assert [place for place, text in texts(pack.tables) if set(text) != LANGUAGES] == []


def test_chinese_is_chinese_and_english_holds_none(pack: Pack) -> None:
    spoken = [(place, zh, en) for place, zh, en in sentences(pack) if not place.endswith(".sms.signature")]
    assert [place for place, zh, _ in spoken if not CHINESE.search(zh)] == []
    assert [place for place, _, en in spoken if CHINESE.search(en)] == []


def test_chinese_has_full_width_punctuation(pack: Pack) -> None:
    half_width = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]|\.\.\.|[“”]")
    assert [(place, zh) for place, zh, _ in sentences(pack) if half_width.search(zh)] == []


def test_we_write_calmly_and_with_a_space_beside_digits_and_latin(pack: Pack) -> None:
    loud_or_cramped = re.compile(r"[！!]|[\u4e00-\u9fff][A-Za-z0-9{]|[A-Za-z0-9}][\u4e00-\u9fff]")
    written_by_us = [
        (place, re.sub(r"\{organisation\}", "我们", zh))
        for place, zh, _ in sentences(pack)
        if ".verbatim[" not in place and not place.endswith(".sms.text")  # customers' own; 70 characters
    ]
    assert [each for each in written_by_us if loud_or_cramped.search(each[1])] == []


def test_customers_are_addressed_as_您(pack: Pack) -> None:
    said_to_customers = [zh for place, zh, _ in sentences(pack) if place.startswith(".survey.toml")]
    said_to_customers += [
        line.text["zh-hans"] for step in pack.steps.complaint_steps for line in (*step.ask, *step.say)
    ]
    assert [zh for zh in said_to_customers if "你" in zh] == []


def test_nothing_said_to_a_customer_begs_for_a_score_or_speaks_of_our_insides(pack: Pack) -> None:
    unwelcome = re.compile(r"10 ?分|满分|好评|打高分|给个好|工单|触点|SLA|奖|红包|优惠券")
    said = [(p, zh) for p, zh, _ in sentences(pack) if p.startswith(".survey.toml") and not p.endswith(".why")]
    assert [each for each in said if unwelcome.search(each[1])] == []


# sources


def test_every_cited_id_exists_in_the_source_list(pack: Pack) -> None:
    numbers = {one: re.fullmatch(r"(S\d)\.(\d+)[a-z]?", one) for one in sources(pack.tables)}
    assert numbers
    assert [one for one, found in numbers.items() if not found or int(found[2]) > LAST_ID.get(found[1], -1)] == []


def lettered(number: str, last: str) -> set[str]:
    return {f"{number}{chr(letter)}" for letter in range(ord("a"), ord(last) + 1)}


@pytest.mark.parametrize(
    ("file", "ids"),
    [
        (
            "causes.toml",
            lettered("S0.8", "d")
            | lettered("S0.9", "d")
            | lettered("S0.10", "d")
            | lettered("S1.2", "l")
            | lettered("S1.19", "g")
            | lettered("S4.8", "p"),
        ),
        (
            "moments.toml",
            lettered("S1.28", "e") | lettered("S1.31", "e") | lettered("S1.32", "e") | lettered("S1.13", "e"),
        ),
        ("journey.toml", lettered("S2.12", "g") | {"S2.6", "S2.7", "S2.8", "S2.9", "S2.10", "S2.13", "S2.15"}),
        (
            "steps.toml",
            lettered("S3.30", "g") | lettered("S3.32", "d") | lettered("S3.33", "e") | lettered("S3.34", "d"),
        ),
        ("terms.toml", {"S1.7", "S1.8", "S1.13a", "S1.13e", "S1.31e", "S0.41"}),
        ("policy.toml", {"S0.28", "S0.29", "S0.30", "S0.31", "S0.32", "S0.33"}),
        ("survey.toml", {"S0.34", "S0.35", "S0.36", "S0.38"}),
    ],
)
def test_no_item_of_the_source_was_left_out(pack: Pack, file: str, ids: set[str]) -> None:
    assert ids - set(sources(pack.tables[file])) == set()


# journey and moments


def test_nine_touchpoints_and_four_dimensions_make_the_matrix(pack: Pack) -> None:
    assert [one.key for one in pack.journey.touchpoints if one.in_matrix] == [
        *("counter", "key_account", "hotline", "club", "channel"),
        *("marketing", "billing", "data_service", "network"),
    ]
    assert [one.key for one in pack.journey.dimensions] == ["behavior", "value", "safety", "convenience"]
    assert len(pack.journey.stages) == 6


def test_every_touchpoint_asks_a_service_survey(pack: Pack) -> None:
    purposes = {one.key: one.purpose for one in pack.surveys}
    assert {purposes.get(one.survey or "") for one in pack.journey.touchpoints} == {"service"}


def test_the_hotline_asks_about_the_hotline(pack: Pack) -> None:
    hotline = next(one for one in pack.journey.touchpoints if one.key == "hotline")
    assert (hotline.kind, hotline.scenario, hotline.survey) == ("call", "hotline", "hotline_service")


def test_every_stage_and_touchpoint_has_its_moments(pack: Pack) -> None:
    moments = pack.moments.moments
    assert len(moments) >= 24
    assert {one.stage for one in moments} == {one.key for one in pack.journey.stages}
    assert {one.touchpoint for one in moments} == {one.key for one in pack.journey.touchpoints}
    assert Counter(one.name["zh-hans"] for one in moments).most_common(1)[0][1] == 1


def test_a_standard_is_one_sentence(pack: Pack) -> None:
    assert [one.key for one in pack.moments.moments if one.standard["zh-hans"].count("。") != 1] == []


# questionnaires


def test_the_hotline_asks_six_ten_point_questions_over_four_dimensions(pack: Pack) -> None:
    hotline = survey(pack, "hotline_service")
    assert [one.key for one in hotline.questions] == [
        *("overall", "attitude", "ability", "resolution", "speed", "recommendation"),
    ]
    assert {(one.scale.low, one.scale.high) for one in hotline.questions if one.scale} == {(0, 10)}
    assert {one.dimension for one in hotline.questions} == {"", "behavior", "value", "safety", "convenience"}
    assert [one.key for one in hotline.questions if one.required] == ["overall"]
    assert (hotline.roles.headline, hotline.roles.named, hotline.roles.top_from) == ("overall", {"nps": "overall"}, 10)
    assert "default" in hotline.source


def test_only_the_two_questions_that_the_source_names_are_not_our_default(pack: Pack) -> None:
    questions = survey(pack, "hotline_service").questions
    assert [one.key for one in questions if "default" not in one.source] == ["attitude", "recommendation"]


def test_low_means_six_or_less_and_offers_six_to_eight_reasons(pack: Pack) -> None:
    for one in pack.surveys:
        if one.purpose == "study":  # an interviewer asks, and asks on
            continue
        assert one.follow_up is not None
        assert one.follow_up.low_to == 6
        assert 6 <= len(one.follow_up.reasons) <= 8


def test_after_a_case_one_is_asked_whether_it_is_solved(pack: Pack) -> None:
    check = survey(pack, "recovery_check")
    assert (check.purpose, check.scenario, check.roles.headline) == ("recovery", "recovery", "handling")
    assert [option.key for option in check.questions[0].options] == ["yes", "partly", "no"]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize(
    "key", ["hotline_service", "visit_service", "online_service", "repair_service", "recovery_check"]
)
def test_an_invitation_with_the_longest_link_is_one_message(pack: Pack, key: str, language: str) -> None:
    sms = survey(pack, key).sms
    filled = {"organisation": pack.about.sample.organisation[language], "hours": "24", "link": "{link}"}
    signature, text = (words[language].format(**filled) for words in (sms.signature, sms.text))
    link = "https://s.example.cn/s/".ljust(ADDRESS, "x") + "A" * TOKEN
    message = one_segment(signature=signature, text=text, link=link)
    assert over(message) == 0
    assert message == (signature + text).replace("{link}", link), "it was cut to fit"
    assert ("拒收请回复R" if language == "zh-hans" else "Reply R") in message


def test_one_character_more_than_the_allowance_would_still_be_noticed(pack: Pack) -> None:
    sms = survey(pack, "hotline_service").sms
    text = (sms.signature["zh-hans"] + sms.text["zh-hans"]).format(organisation="云" * 6, hours="24", link="x" * 36)
    assert over(text) == 0
    assert over(text + "字" * (71 - len(text))) == 1


# policy and terms


def test_the_policy_is_the_contract_s(pack: Pack) -> None:
    policy = pack.policy
    assert [(one.per, one.most, one.period, one.reason) for one in policy.limits] == [
        ("customer", 10, timedelta(days=90), "customer_limit"),
        ("customer+scenario", 2, timedelta(days=90), "scenario_limit"),
    ]
    assert policy.limits[0].counts == ALL_KINDS, "care messages count under the customer's limit"
    assert (policy.gap, policy.link_life, policy.max_age) == (
        timedelta(hours=24),
        timedelta(hours=8),
        timedelta(hours=72),
    )
    assert policy.sending_hours is not None
    assert (policy.sending_hours.opens, policy.sending_hours.closes) == (8 * 60, 21 * 60)
    assert policy.share == 1
    assert policy == DEFAULT, "a policy that leaves a table out is no looser than the pack"


@pytest.mark.parametrize(
    ("clock", "starts", "within"),
    [
        ("connect", "dispatched", timedelta(minutes=30)),
        ("connect_away", "opened", timedelta(hours=1)),
        ("callback", "completed", timedelta(days=2)),
        ("found_problem", "problem_found", timedelta(days=2)),
        ("return_call", "returned", timedelta(hours=4)),
    ],
)
def test_the_clocks_are_the_source_s(pack: Pack, clock: str, starts: str, within: timedelta) -> None:
    found = next(one for one in pack.terms.clocks if one.key == clock)
    assert (found.starts, found.within, found.source.is_default) == (starts, within, False)


def test_each_of_the_five_steps_has_a_clock(pack: Pack) -> None:
    steps = [one.key for one in pack.steps.case_steps]
    assert steps == ["connect", "commit", "complete", "confirm", "callback"]
    assert {one.step for one in pack.terms.clocks if one.step} == set(steps)


def test_what_the_thank_you_page_promises_is_what_the_clocks_say(pack: Pack) -> None:
    clocks = {one.key: one for one in pack.terms.clocks}
    business = next(one for one in pack.terms.calendars if one.key == clocks["connect"].calendar)
    contact, outcome, callback = (text["zh-hans"] for text in survey(pack, "hotline_service").thanks_low.promises)
    assert f"{clocks['connect'].within // timedelta(minutes=1)} 分钟" in contact
    assert f"{business.begin.lstrip('0')}–{business.end}" in contact
    assert f"{clocks['complete'].within // timedelta(hours=1)} 小时" in outcome
    first, last = clocks["callback"].not_before, clocks["callback"].within
    assert first is not None
    assert f"{first.days}–{last.days} 天" in callback


def test_six_complaint_steps_and_what_is_missing_is_said_to_be_missing(pack: Pack) -> None:
    steps = pack.steps.complaint_steps
    assert len(steps) == 6
    assert [one.key for one in steps if one.missing] == ["vent", "follow_up"]
    assert len(steps[0].avoid) == 7


def test_five_gap_classes_of_which_two_are_marked_as_added(pack: Pack) -> None:
    assert {one.key: one.source.is_default for one in pack.causes.gaps} == {
        "understanding": False,
        "procedure": False,
        "behavior": False,
        "promotion": True,
        "perception": True,
    }


def test_every_cause_but_other_proposes_a_gap(pack: Pack) -> None:
    causes = [cause for group in pack.causes.groups for cause in group.causes]
    assert [one.key for one in causes if one.gap is None] == ["other"]


# the sample


def test_the_sample_has_people_for_every_role_and_several_agents_a_team(pack: Pack) -> None:
    staff = pack.about.sample.staff
    assert {one.role for one in staff} == set(Role.values)
    teams = Counter(one.unit for one in staff if one.role == "agent")
    assert all(teams[f"SD-05-T{number}"] >= 3 for number in (1, 2, 3))
    assert {one.employment for one in staff} == {"own", "crowdsourced", "partner"}


def test_every_touchpoint_of_the_sample_has_an_owner_and_traffic(pack: Pack) -> None:
    keys = {one.key for one in pack.journey.touchpoints}
    assert {key for one in pack.about.sample.staff for key in one.touchpoints} == keys
    assert {one.touchpoint for one in pack.sample.traffic} == keys


def test_traffic_has_someone_to_serve_it(pack: Pack) -> None:
    served = {one.unit for one in pack.about.sample.staff if one.role == "agent"}
    assert {unit for one in pack.sample.traffic for unit in one.units} <= served


def test_the_plot_scores_below_the_traffic_around_it(pack: Pack) -> None:
    channel = next(one for one in pack.sample.traffic if one.touchpoint == "channel")
    plot = next(one for one in pack.sample.plots if one.key == "plan_changed_without_consent")
    assert (plot.top < channel.top - 0.2, plot.low > channel.low + 0.2) == (True, True)
    assert "S0.39" in plot.source.ids


def test_one_team_of_the_sample_spares_itself_the_angry_ones_and_the_monitor_can_tell(pack: Pack) -> None:
    """Enough complaints in a month to be compared, of which more than chance explains have no number to ask at."""
    (sparing,) = pack.sample.sparing
    (unit,) = sparing.units
    now = datetime(2026, 11, 22, tzinfo=UTC)
    crowd = Crowd(pack, {}, now)
    month = [one for one in crowd.interactions(now - timedelta(days=30), now) if one["unit"] == unit]
    reachable = {True: [0, 0], False: [0, 0]}
    for one in month:
        counts = reachable["complaint" in one["attributes"]]
        counts[0] += "phone" in one["customer"]
        counts[1] += 1
    standing = compared(unit, {key: (hits, n) for key, (hits, n) in reachable.items()})
    assert standing.complaints.n >= 30
    assert standing.is_flagged
    earlier = now - timedelta(weeks=sparing.from_week + 4)
    before = Crowd(pack, {}, now).interactions(earlier, earlier + timedelta(days=28))
    assert all("name" in one["customer"] for one in before), "it has a beginning, so that the change shows"


def test_customers_write_enough_of_every_kind(pack: Pack) -> None:
    verbatims = pack.sample.verbatims
    feelings = Counter(one.feeling for one in verbatims)
    assert len(verbatims) >= 40
    assert min(feelings[kind] for kind in ("positive", "neutral", "negative", "angry")) >= 8
    assert {one.topic for one in verbatims} == {one.key for one in pack.sample.topics}
    assert len({one.text["zh-hans"] for one in verbatims}) == len(verbatims)


def test_no_verbatim_holds_a_telephone_number(pack: Pack) -> None:
    assert [one for one in pack.sample.verbatims if re.search(r"\d{5,}", "".join(one.text.values()))] == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_lexicon_finds_the_angry_comments_and_no_others(pack: Pack, language: str) -> None:
    lexicon = lexicon_of(pack.tables["emotions.toml"])
    for one in pack.sample.verbatims:
        reading = read_comment(one.text[language], lexicon)
        assert reading.is_angry == (one.feeling == "angry"), (one.text[language], reading)


@pytest.mark.parametrize(
    "comment",
    [
        "什么垃圾公司",
        "气死我了！！！",
        "你们这就是抢钱",
        "客服骂人，我要投诉",
        "擅自改我套餐，凭什么",
        "再不解决我就去工信部投诉你们",
        "I am furious",
        "They lied to me and nobody cares",
    ],
)
def test_angry_comments_are_found(pack: Pack, comment: str) -> None:
    assert read_comment(comment, lexicon_of(pack.tables["emotions.toml"])).is_angry


@pytest.mark.parametrize(
    "comment",
    [
        "我没有生气，就是问问什么时候能好。",
        "谈不上愤怒，希望改进。",
        "不算太过分，但可以更快。",
        "有点失望。",
        "接到好几个诈骗电话，想举报一下。",
        "垃圾短信太多了，能不能屏蔽？",
        "第一次来投诉，客服很耐心，谢谢。",
        "我不是要投诉你们，只想知道原因。",
        "Not angry, only asking.",
        "A bit slow, otherwise good, thank you.",
    ],
)
def test_calm_comments_stay_calm(pack: Pack, comment: str) -> None:
    assert not read_comment(comment, lexicon_of(pack.tables["emotions.toml"])).is_angry
