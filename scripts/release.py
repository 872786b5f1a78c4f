"""Build the packages of a release and try them as a stranger would; then say what remains to be done by hand.

    .venv/bin/python -m scripts.release        (`make release` runs every test before)

Refuses a work tree with uncommitted changes, a version that is tagged already, and a changelog that does not know it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

import zhiyin

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
UV = Path(sys.executable).parent / "uv"
# Without these in the wheel the console would have no style and speak no Chinese.
MUST_CONTAIN = ("zhiyin/static/staticfiles.json", "zhiyin/locale/zh_Hans/LC_MESSAGES/django.mo", "zhiyin/py.typed")


class NotReleasable(Exception):
    """One sentence: what stands in the way."""


def main() -> int:
    """Check, build, try. Returns 0, or 1 with one line on standard error."""
    version = zhiyin.__version__
    try:
        refuse_unready(version, today=datetime.now().astimezone().date())
        wheel = build(version)
        try_out(wheel, version)
    except NotReleasable as reason:
        print(f"release: {reason}", file=sys.stderr)
        return 1
    print(f"dist/ holds {version}, built and tried. Now: git tag --annotate v{version}; git push --follow-tags")
    return 0


def refuse_unready(version: str, *, today: date) -> None:
    """Raise NotReleasable unless what would be tagged is committed, new and described."""
    if output_of("git", "status", "--porcelain"):
        raise NotReleasable("there are uncommitted changes.")
    if output_of("git", "tag", "--list", f"v{version}"):
        raise NotReleasable(f"v{version} is tagged already; state the next version in src/zhiyin/__init__.py.")
    heading = f"## [{version}] - {today.isoformat()}"
    if not re.search(rf"^{re.escape(heading)}$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE):
        raise NotReleasable(f"CHANGELOG.md has no line `{heading}`.")


def build(version: str) -> Path:
    """The source archive and the wheel, made with the locked build tools; returns the wheel."""
    shutil.rmtree(DIST, ignore_errors=True)
    output_of(str(UV), "build", "--quiet", "--no-build-isolation", "--out-dir", str(DIST), str(ROOT))
    wheel = DIST / f"zhiyin-{version}-py3-none-any.whl"
    names = output_of(sys.executable, "-m", "zipfile", "--list", str(wheel))
    missing = [name for name in MUST_CONTAIN if name not in names]
    if missing:
        raise NotReleasable(f"the wheel lacks {', '.join(missing)}.")
    return wheel


def try_out(wheel: Path, version: str) -> None:
    """Install the wheel into an empty environment, with the locked packages, and ask it for its version."""
    with tempfile.TemporaryDirectory(prefix="zhiyin-release-") as folder:
        output_of(sys.executable, "-m", "venv", "--without-pip", folder)
        target = ["--quiet", "--python", f"{folder}/bin/python"]
        output_of(str(UV), "pip", "sync", *target, "--require-hashes", "requirements/runtime.lock")
        output_of(str(UV), "pip", "install", *target, "--no-deps", str(wheel))
        answer = output_of(f"{folder}/bin/zhiyin", "--version", folder=folder)
        if version not in answer:
            raise NotReleasable(f"the installed wheel says {answer!r} instead of {version}.")


def output_of(*command: str, folder: str | Path = ROOT) -> str:
    """What a command prints; raises NotReleasable with its complaint if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise NotReleasable(f"`{' '.join(command)}` failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
