"""A pack is read whole or refused with everything that is wrong with it."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from zhiyin.packs.format import FILES, SHAPES, PackBroken, built_in_packs, load_pack
from zhiyin.packs.schema import Source

SMALLEST = Path(__file__).parent / "smallest"
GUIDE = Path(__file__).parents[4] / "docs" / "packs.md"
Change = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the smallest pack that loads."""
    return Path(shutil.copytree(SMALLEST, tmp_path / "pack"))


@pytest.fixture
def change(folder: Path) -> Change:
    """Replace the first place where ``old`` stands in a file."""

    def replace(file: str, old: str, new: str) -> None:
        text = (folder / file).read_text("utf-8")
        assert old in text, f"{file} has no {old!r}"
        (folder / file).write_text(text.replace(old, new, 1), "utf-8")

    return replace


def faults(folder: Path) -> list[str]:
    with pytest.raises(PackBroken) as broken:
        load_pack(folder)
    return [str(fault) for fault in broken.value.faults]


def is_judged(folder: Path) -> bool:
    """Whether the pack either loads or is refused with at least one fault; any other exception passes through."""
    try:
        load_pack(folder)
    except PackBroken as broken:
        return bool(broken.faults)
    return True


def test_the_smallest_pack_loads() -> None:
    pack = load_pack(SMALLEST)
    assert [unit.parent for unit in pack.about.sample.units] == [None, "HQ"]
    assert pack.journey.touchpoints[0].aliases == ({"zh-hans": "客服电话", "en": "Service line"},)
    assert pack.terms.clocks[1].not_before == timedelta(days=1)
    assert pack.emotions.negations.reach == {"zh-hans": 3, "en": 2}
    assert pack.policy.link_life == timedelta(hours=8)


def test_a_source_may_be_one_id_or_ids_with_our_default() -> None:
    pack = load_pack(SMALLEST)
    stage = pack.journey.stages[0].source
    assert (stage.ids, stage.is_default, str(stage)) == (("S3.125",), False, "S3.125")
    lexicon = pack.emotions.source
    assert (lexicon.ids, lexicon.is_default, str(lexicon)) == ((), True, "default")


def test_a_survey_like_another_takes_over_what_it_does_not_say_itself() -> None:
    call, visit = load_pack(SMALLEST).surveys
    assert (visit.name["en"], visit.questions) == ("Visit", call.questions)


def test_rooms_get_the_tables_and_the_policy_as_they_are_written() -> None:
    pack = load_pack(SMALLEST)
    assert set(pack.tables) == set(FILES)
    assert pack.tables["terms.toml"]["clock"][0]["within"] == {"minutes": 30}
    assert pack.policy_text == (SMALLEST / "policy.toml").read_text("utf-8")


PLANTED = [
    # languages
    ("pack.toml", '"zh-hans", "en"]', '"zh-hans"]', "languages", "at least zh-hans and en"),
    ("pack.toml", ', en = "The smallest pack"', "", "name", "has no text in en"),
    ("pack.toml", 'en = "The smallest pack"', 'en = " The smallest pack"', "name.en", "without a space at either end"),
    ("pack.toml", 'en = "The smallest pack"', 'en = ""', "name.en", "not empty"),
    ("pack.toml", 'en = "The smallest pack"', f'en = "{"x" * 41}"', "name.en", "41 characters; at most 40"),
    ("pack.toml", 'en = "The smallest pack"', 'en = "A", fr = "B"', "name.fr", "not a language of this pack"),
    ("pack.toml", 'en = "The smallest pack"', 'en = "Pack of {who}"', "name.en", "holds {who}, which nobody fills in"),
    ("pack.toml", '{ zh-hans = "最小的包", en = "The smallest pack" }', '"Pack"', "name", "a text in each language"),
    ("emotions.toml", 'en = ["furious"]', "", "expressions[anger].words", "'en' is missing or too much"),
    # keys
    ("pack.toml", "version = 1", "verzion = 1", "verzion", "did you mean 'version'?"),
    ("pack.toml", "version = 1", "", "version", "is missing"),
    ("pack.toml", "version = 1", "version = true", "version", "must be a whole number"),
    ("pack.toml", "version = 1", "version = 0", "version", "must be at least 1, not 0"),
    ("pack.toml", 'key = "smallest"', 'key = "Smallest Pack"', "key", "must match"),
    ("pack.toml", 'key = "smallest"', 'key = ""', "key", "must not be empty"),
    ("pack.toml", 'key = "smallest"', f'key = "{"k" * 41}"', "key", "has 41 characters; at most 40 fit"),
    ("journey.toml", 'key = "recovery"', 'key = "hotline"', "scenario[hotline].key", "already a scenario 'hotline'"),
    ("moments.toml", 'key = "ask"', 'key = "greet"', "moment[answer].checklist[greet].key", "already a checklist item"),
    (
        "moments.toml",
        'text = { zh-hans = "问好", en = "Greet" }',
        "",
        "moment[answer].checklist[greet].text",
        "is missing",
    ),
    (
        "pack.toml",
        'en = "The smallest pack"',
        'en = "The\\nsmallest"',
        "name.en",
        "one line without control characters",
    ),
    ("pack.toml", "Asia/Shanghai", "Asia\\u0000", "time_zone", "one line without control characters"),
    ("pack.toml", "Asia/Shanghai", "Asia/Jinan", "time_zone", "'Asia/Jinan' is not a time zone"),
    ("pack.toml", "Asia/Shanghai", "../etc", "time_zone", "'../etc' is not a time zone"),
    ("pack.toml", "version = 1", "version = 10000000000", "version", "must be a whole number"),
    ("journey.toml", '[{ zh-hans = "态度", en = "Attitude" }]', '"态度"', "cell[1].points", "must be a list"),
    (
        "steps.toml",
        'point = [{ text = { zh-hans = "不打断。"',
        'point = [7, { text = { zh-hans = "不打断。"',
        "complaint_step[vent].point[1]",
        "must be a table",
    ),
    ("survey.toml", 'like = "call"', 'like = "call"\nquestion = [7]', "survey[visit].question[1]", "must be a table"),
    ("emotions.toml", "angry_from = 3.0", "angry_from = nan", "angry_from", "must be a number"),
    ("sample.toml", "weeks = 4", "weeks = " + "9" * 5000, "", "is not TOML"),
    # sources
    ("journey.toml", 'source = "S3.125"', "", "stage[help].source", "name the S-ids, or write 'default'"),
    ("journey.toml", 'source = "S3.125"', 'source = "S3"', "stage[help].source", "neither an S-id"),
    ("journey.toml", 'source = "S3.125"', 'source = ["S3.125", "S3.125"]', "stage[help].source", "names an id twice"),
    ("journey.toml", 'source = "S3.125"', 'source = "default"', "stage[help].why", "says why it is as it is"),
    (
        "journey.toml",
        'source = "S3.125"',
        'source = "S3.125"\nwhy = { zh-hans = "无", en = "-" }',
        "stage[help].why",
        "add",
    ),
    (
        "journey.toml",
        'source = "S3.125"',
        f"source = {[f'S3.{n}' for n in range(25)]}",
        "stage[help].source",
        "too many",
    ),
    ("survey.toml", 'source = "S1.2l"', "", "survey[call].follow_up.reason[attitude].source", "name the S-ids"),
    ("policy.toml", 'source = "S0.30"', 'source = "S0"', "gap.source", "neither an S-id"),
    # references
    (
        "pack.toml",
        'touchpoints = ["hotline"]',
        'touchpoints = ["counter"]',
        "sample.staff[A0001].touchpoints[1]",
        "no touch",
    ),
    ("pack.toml", 'unit = "HQ-1"', 'unit = "HQ-2"', "sample.staff[A0001].unit", "no unit 'HQ-2'; did you mean 'HQ-1'?"),
    ("journey.toml", 'scenario = "hotline"', 'scenario = "hall"', "touchpoint[hotline].scenario", "no scenario 'hall'"),
    ("journey.toml", 'survey = "call"', 'survey = "calls"', "touchpoint[hotline].survey", "did you mean 'call'?"),
    ("moments.toml", 'stage = "help"', 'stage = "join"', "moment[answer].stage", "there is no stage 'join'"),
    (
        "moments.toml",
        'touchpoint = "hotline"',
        'touchpoint = "shop"',
        "moment[answer].touchpoint",
        "no touchpoint 'shop'",
    ),
    ("moments.toml", '["behavior"]', '["speed"]', "moment[answer].dimensions[1]", "there is no dimension 'speed'"),
    (
        "survey.toml",
        'dimension = "behavior"',
        'dimension = "x"',
        "survey[call].question[overall].dimension",
        "no dimension",
    ),
    ("survey.toml", 'cause = "rude"', 'cause = "ruder"', "survey[call].follow_up.reason[attitude].cause", "'rude'?"),
    ("terms.toml", 'calendar = "always"', 'calendar = "never"', "clock[connect].calendar", "no calendar 'never'"),
    ("terms.toml", 'instead_of = "connect"', 'instead_of = "ring"', "clock[callback].instead_of", "no clock 'ring'"),
    ("causes.toml", 'gap = "behavior"', 'gap = "other"', "group[manner].cause[rude].gap", "there is no gap 'other'"),
    (
        "sample.toml",
        "{ behavior = 0.7 }",
        "{ speed = 0.7 }",
        "traffic[1].by_dimension",
        "there is no dimension 'speed'",
    ),
    (
        "sample.toml",
        'reasons = ["attitude"]',
        'reasons = ["price"]',
        "plot[story].reasons[1]",
        "there is no reason 'price'",
    ),
    # what one item says about itself
    ("pack.toml", 'role = "agent"', 'role = "boss"', "sample.staff[A0001].role", "'boss' is not one of: agent"),
    ("pack.toml", "one@example.com", "one@real.cn", "sample.staff[A0001].email", "must match"),
    ("pack.toml", 'parent = "HQ"', 'parent = "HQ-1"', "sample.unit[HQ-1].parent", "must stand above its children"),
    ("pack.toml", 'parent = "HQ"\n', "", "sample.unit", "exactly one unit has no parent, not 2"),
    ("journey.toml", "order = 1", "order = 2", "touchpoint", "must count 1, 2, 3"),
    ("moments.toml", '["behavior"]', '["behavior", "behavior"]', "moment[answer].dimensions", "stands there twice"),
    ("moments.toml", "dimensions = [", "dimensions = [[", "", "is not TOML"),
    ("survey.toml", "low_to = 6", "low_to = 10", "survey[call].follow_up.low_to", "must be from 0 to 9"),
    ("survey.toml", "low = 0", "low = 10", "scale[ten].low", "must be below"),
    ("survey.toml", 'like = "call"', 'like = "shop"', "survey[visit].like", "names no survey of this file"),
    ("policy.toml", "max = 10", "max = 0", "limit[1].max", "from 1 to 1000"),
    ("policy.toml", "max = 10", "maximum = 10", "limit[1].maximum", "Did you mean max?"),
    ("terms.toml", 'to = "24:00"', 'to = "00:00"', "calendar[always]", "`from` must be before `to`"),
    ("terms.toml", 'to = "24:00"', 'to = "24:01"', "calendar[always].to", "must match"),
    ("terms.toml", '["mon", "sun"]', '["mon", "mon"]', "calendar[always].days", "'mon' stands there twice"),
    ("terms.toml", "{ minutes = 30 }", "{ seconds = 30 }", "clock[connect].within", "a length such as"),
    ("terms.toml", "{ minutes = 30 }", "{ minutes = -1 }", "clock[connect].within", "a length such as"),
    ("terms.toml", "{ minutes = 30 }", "{ minutes = 0 }", "clock[connect].within", "longer than nothing"),
    ("terms.toml", "{ days = 1 }", "{ days = 2 }", "clock[callback].not_before", "shorter than `within`"),
    ("steps.toml", 'key = "callback"', 'key = "confirm"', "case_step", "'confirm' stands there twice"),
    ("emotions.toml", '["气死"]', '["气死", "气死"]', "expressions", "'气死' stands there twice"),
    ("sample.toml", "by_day = [1, ", "by_day = [", "volume.by_day", "must be 7 weights"),
    ("sample.toml", "middle = [1, 1, 1]", "middle = [0, 0, 0]", "scores.middle", "not all 0"),
    ("sample.toml", "low = 0.1", "low = 0.31", "traffic[1]", "`top` and `low` together"),
    ("sample.toml", "share = 1.0", "share = 0.9", "traffic", "add up to 0.9, not to 1"),
    ("sample.toml", "halo = 0.5", "halo = 2", "scores.halo", "must be at most 1, not 2"),
]


@pytest.mark.parametrize(("file", "old", "new", "key", "words"), PLANTED)
def test_a_planted_fault_is_named_with_file_key_and_sentence(
    folder: Path, change: Change, file: str, old: str, new: str, key: str, words: str
) -> None:
    change(file, old, new)
    found = faults(folder)
    where = f"{file}: {key}: " if key else f"{file}: "
    assert any(fault.startswith(where) and words in fault for fault in found), "\n".join(found)


def test_one_fault_is_reported_once_and_alone(folder: Path, change: Change) -> None:
    change("moments.toml", 'stage = "help"', 'stage = "join"')
    assert faults(folder) == ["moments.toml: moment[answer].stage: there is no stage 'join'."]


def test_an_item_with_a_fault_still_lends_its_name_to_others(folder: Path, change: Change) -> None:
    change("journey.toml", 'definition = { zh-hans = "来找我们。", en = "Comes to us." }', "")
    assert faults(folder) == ["journey.toml: stage[help].definition: is missing."]


def test_all_faults_of_all_files_come_at_once(folder: Path, change: Change) -> None:
    change("pack.toml", "version = 1", "version = 0")
    change("journey.toml", 'kind = "call"', 'kind = "dream"')
    change("policy.toml", "hours = 24", "hours = 0")
    change("survey.toml", 'cause = "rude"', 'cause = "odd"')
    change("sample.toml", "weeks = 4", 'weeks = "four"')
    assert [fault.partition(":")[0] for fault in faults(folder)] == [
        "journey.toml",
        "pack.toml",
        "policy.toml",
        "sample.toml",
        "survey.toml",
    ]


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_the_only_complaint(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert faults(folder) == [f"{file}: is missing."]


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    (folder / "steps.toml").write_bytes("# 步骤".encode("gb18030"))
    (fault,) = faults(folder)
    assert fault.startswith("steps.toml: cannot be read as UTF-8")


def test_the_message_has_a_line_for_each_fault(folder: Path, change: Change) -> None:
    change("pack.toml", "version = 1", "")
    change("terms.toml", 'calendar = "always"', 'calendar = "never"')
    with pytest.raises(PackBroken) as broken:
        load_pack(folder)
    first, *lines = str(broken.value).splitlines()
    assert first == f"The pack in {folder} has 2 fault(s):"
    assert lines == [f"  {fault}" for fault in broken.value.faults]


JUNK = ("7", "-1.5", "true", '""', '"\\u0000"', "[]", "{}", "[{}]", "2026-01-01", '{ zh-hans = 1, en = "x" }')
KEY = re.compile(r"[a-z][a-z_-]*(?= = )")


@pytest.mark.parametrize("file", FILES)
def test_no_value_whatever_brings_anything_but_a_list_of_faults(folder: Path, file: str) -> None:
    lines = (folder / file).read_text("utf-8").splitlines()
    keyed = [(number, found[0]) for number, line in enumerate(lines) if (found := KEY.match(line))]
    for turn, (number, name) in enumerate(keyed):
        junk = JUNK[turn % len(JUNK)]
        (folder / file).write_text("\n".join([*lines[:number], f"{name} = {junk}", *lines[number + 1 :]]), "utf-8")
        assert is_judged(folder), f"{name} = {junk}"


def test_every_built_in_pack_loads_and_is_called_like_its_folder() -> None:
    found = built_in_packs()
    assert "hotline" in found
    assert {key: load_pack(path).about.key for key, path in found.items()} == {key: key for key in found}


def keys_of(cls: type[Any]) -> Iterator[str]:
    """Every key that a file of this shape may hold, at any depth."""
    hints = get_type_hints(cls)
    for each in fields(cls):
        limits = each.metadata.get("rule")
        yield (limits.name if limits else "") or each.name
        for inner in (hints[each.name], *get_args(hints[each.name])):
            if isinstance(inner, type) and is_dataclass(inner) and inner is not Source:
                yield from keys_of(inner)


@pytest.mark.parametrize("file", SHAPES)
def test_the_guide_explains_every_key(file: str) -> None:
    words = set(re.findall(r"[a-z_]+", GUIDE.read_text("utf-8")))
    _, cls = SHAPES[file]
    assert set(keys_of(cls)) - words == set()


@pytest.mark.parametrize("file", FILES)
def test_the_guide_has_a_chapter_for_every_file(file: str) -> None:
    assert f"## {file}\n" in GUIDE.read_text("utf-8")
