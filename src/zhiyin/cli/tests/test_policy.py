"""``policy show`` and ``policy apply``: what is shown can be applied, and comes back the same."""

from dataclasses import replace

import pytest

from zhiyin.cli.history import around_the_clock
from zhiyin.cli.tests.commands import runner
from zhiyin.outreach.judging import current_policy
from zhiyin.outreach.rules import DEFAULT, parse_policy
from zhiyin.outreach.testing import make_world, policy_versions
from zhiyin.packs.install import pack_of

pytestmark = pytest.mark.django_db
TIGHT = '[[limit]]\nper = "customer"\nmax = 1\ndays = 30\n'


@pytest.fixture
def run(capsys):
    return runner(capsys)


def test_before_any_is_applied_the_default_is_shown(run):
    assert parse_policy(run("policy", "show").out) == DEFAULT


def test_what_is_shown_applies_and_shows_again(run, tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text(run("policy", "show").out, "utf-8")
    assert run("policy", "apply", file).out == "policy=1 new\n"
    assert run("policy", "apply", file).out == "policy=1 unchanged\n"
    assert run("policy", "show").out == file.read_text("utf-8")
    assert current_policy()[1] == DEFAULT


def test_the_demos_policy_sends_at_any_hour_and_gives_no_night_as_its_reason():
    text = pack_of("hotline").policy_text
    demo = around_the_clock(text)
    assert parse_policy(demo) == replace(parse_policy(text), sending_hours=None)
    assert "夜里不打扰" not in demo
    assert "nobody is disturbed" not in demo


def test_another_policy_is_another_version(run, tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text(TIGHT, "utf-8-sig")  # as an editor on Windows saves it
    assert run("policy", "apply", file).out == "policy=1 new\n"
    assert current_policy()[1].limits[0].most == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[gap]\nhuors = 24\n", "hours"),
        (b'[[limit]]\nper = "customer"\nmax = 0\ndays = 90\n[gap]\nhours = -1\n', "limit"),
        (b"not toml at all", "TOML"),
        (b"\xd6\xd0\xce\xc4", "UTF-8"),
        (b"", None),
    ],
    ids=["near name", "two faults", "not toml", "gbk", "empty"],
)
def test_a_bad_file_ends_with_2_names_itself_and_changes_nothing(run, tmp_path, text, said):
    file = tmp_path / "policy.toml"
    file.write_bytes(text)
    done = run("policy", "apply", file)
    if said is None:  # an empty file is a policy: every table as in the default
        assert done.code == 0
        return
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{file}: ")
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert not policy_versions().exists()


def test_a_name_that_nothing_bears_is_refused_unless_forced(run, tmp_path):
    make_world()
    file = tmp_path / "policy.toml"
    file.write_text('[eligible]\nunits = ["NOPE"]\nchannels = ["smss"]\n', "utf-8")
    done = run("policy", "apply", file)
    assert done.code == 2
    assert 'eligible.channels is "smss": there is no such channel' in done.err
    assert "Did you mean sms?" in done.err
    assert run("policy", "apply", file, "--force").out == "policy=1 new\n"


def test_a_segment_that_no_customer_has_is_remarked_on(run, tmp_path):
    make_world()
    file = tmp_path / "policy.toml"
    file.write_text('[eligible]\nsegments = ["gold"]\n', "utf-8")
    done = run("policy", "apply", file)
    assert (done.code, done.out) == (0, "policy=1 new\n")
    assert 'eligible.segments is "gold": no customer has this segment yet.' in done.err
