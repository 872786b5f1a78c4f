"""The build script's decisions, and, where the assets are built, what they weigh (DESIGN section 9)."""

import gzip
import inspect
import re

import pytest

from scripts import build_assets
from zhiyin.ui import components, deadlines, nav, states

KIB = 1024
BUDGETS = {"tabler.css": 80, "console.css": 8, "console.js": 10, "htmx.js": 17, "echarts.js": 196, "icons.svg": 8}
built = pytest.mark.skipif(not build_assets.BUILT.is_dir(), reason="The assets are not built: run `make assets`.")


def test_every_icon_of_the_frame_is_found_by_the_build():
    listed = {*build_assets.named_icons(), *build_assets.possible_icons()}
    named = {item.icon for item in (*nav.ITEMS, *nav.PHONE)}
    named |= {icon for _, icon in components._VERDICTS.values() if icon}
    for module in (states, deadlines):
        named |= set(re.findall(r'"([a-z]+(?:-[a-z0-9]+)+|inbox|lock|clock|alarm)"', inspect.getsource(module)))
    assert named
    assert named <= listed


def test_an_icon_that_does_not_exist_stops_the_build(tmp_path, monkeypatch):
    drawings = tmp_path / "@tabler/icons/icons/outline"
    drawings.mkdir(parents=True)
    (drawings / "phone.svg").write_text(
        '<svg\n class="x">\n <path stroke="none" d="M0 0h24v24H0z" fill="none" />\n <path d="M5 4"/></svg>'
    )
    monkeypatch.setattr(build_assets, "MODULES", tmp_path)
    drawn = build_assets.sprite(["phone"], maybe=["zh-hans"])
    assert '<symbol id="phone" viewBox="0 0 24 24"><path d="M5 4"/></symbol></svg>' in drawn
    with pytest.raises(build_assets.Failed, match=r"there is no icon 'phne'\. Near names: phone\."):
        build_assets.sprite(["phne"])


def test_without_a_network_the_message_names_the_way_out(tmp_path, monkeypatch):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr(build_assets, "MODULES", tmp_path / "node_modules")
    with pytest.raises(build_assets.Failed, match=r"the registry does not answer\. Connect to your npm registry once"):
        build_assets.fetch([str(npm)])


def test_a_failed_tool_is_quoted():
    with pytest.raises(build_assets.Failed, match="it broke: no such colour"):
        build_assets.run(["sh", "-c", "echo no such colour >&2; exit 3"], "it broke")
    with pytest.raises(build_assets.Failed, match="it broke: "):
        build_assets.run(["/nonexistent/tool"], "it broke")


@pytest.mark.parametrize(("said", "version"), [("v20.1.2", 20), ("v6.0.0", 6), ("what?", 0)])
def test_an_old_node_is_recognised(tmp_path, said, version):
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho '{said}'\n")
    node.chmod(0o755)
    assert build_assets.node_version(str(node)) == version


def test_the_lock_file_names_no_address():
    lock = (build_assets.ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 20


def test_packages_are_pinned_exactly():
    package = (build_assets.ROOT / "package.json").read_text()
    assert not re.search(r'"[~^><*][^"]*"', package)


@built
def test_the_built_assets_stay_within_their_budgets():
    weights = {name: len(gzip.compress((build_assets.BUILT / name).read_bytes(), 9)) for name in BUDGETS}
    assert {name: weight for name, weight in weights.items() if weight > BUDGETS[name] * KIB} == {}


@built
def test_nothing_is_loaded_from_elsewhere():
    for name in ("tabler.css", "console.css"):
        assert not re.search(r"""url\(["']?(?:https?:)?//""", (build_assets.BUILT / name).read_text())


def test_a_warm_run_only_compares_a_stamp(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build_assets, "BUILT", tmp_path)
    monkeypatch.setattr(build_assets, "build", lambda stamp: pytest.fail("it built"))
    (tmp_path / ".stamp").write_text(build_assets.wanted_stamp())
    assert build_assets.main([]) == 0
    assert capsys.readouterr().out == "assets: up to date\n"


def test_a_changed_source_is_noticed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build_assets, "BUILT", tmp_path)
    (tmp_path / ".stamp").write_text("of another source")
    assert build_assets.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().out


def test_a_build_that_fails_says_why_in_one_line(tmp_path, monkeypatch, capsys):
    def fail(stamp):
        raise build_assets.Failed("the registry does not answer")

    monkeypatch.setattr(build_assets, "BUILT", tmp_path)
    monkeypatch.setattr(build_assets, "build", fail)
    assert build_assets.main([]) == 1
    assert capsys.readouterr().err == "assets: the registry does not answer\n"
