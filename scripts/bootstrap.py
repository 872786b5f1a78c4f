"""Make ``.venv`` and put into it exactly what a lock file names.

    python3 scripts/bootstrap.py runtime    what `zhiyin` needs to run
    python3 scripts/bootstrap.py dev        that, and what the checks and tests need
    python3 scripts/bootstrap.py distributed    that, and in .distributed the engines of `make test-distributed`

Standard library only: this is the first thing that runs on a fresh machine. Every package is checked against the
hash in ``requirements/*.lock``. A second run with nothing to do takes a few hundredths of a second.
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
LOCKS = ROOT / "requirements"
BOOTSTRAP_LOCK = LOCKS / "bootstrap.lock"
LEVELS = ("runtime", "dev")
OLDEST_PYTHON = (3, 11)
BESIDE = "distributed"  # a level that lies beside .venv, in a folder of its own: nothing else is to find it there
BESIDE_FOLDER = ROOT / f".{BESIDE}"


class CannotContinue(Exception):
    """One sentence for the person at the terminal: what is missing and how to get it."""


def main(arguments: list[str]) -> int:
    """Bring ``.venv`` to the level asked for. Returns 0, 1 if the work failed, 2 on bad usage."""
    if len(arguments) != 1 or arguments[0] not in (*LEVELS, BESIDE):
        print(f"usage: bootstrap.py {'|'.join((*LEVELS, BESIDE))}", file=sys.stderr)
        return 2
    try:
        install("dev" if arguments[0] == BESIDE else arguments[0])
        if arguments[0] == BESIDE:
            install_beside()
    except CannotContinue as reason:
        print(f"bootstrap: {reason}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failure:
        print(f"bootstrap: this command failed (exit {failure.returncode}): {' '.join(failure.cmd)}", file=sys.stderr)
        return 1
    return 0


def install(level: str) -> None:
    """Do what is needed for ``level`` and note it down. A ``dev`` environment also serves for ``runtime``."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise CannotContinue(f"Python 3.11 or newer is needed, this is {found} ({sys.executable}).")
    if is_current(level):
        return
    with one_at_a_time():
        if is_current(level):
            return
        # Going back to fewer packages would pull the test tools from under a working checkout.
        level = "dev" if installed_level() == "dev" else level
        started = time.monotonic()
        STAMP.unlink(missing_ok=True)
        make_venv()
        synchronise(level)
        STAMP.write_text(json.dumps({"level": level, "key": key_of(level)}), encoding="utf-8")
        say(f"Ready in {time.monotonic() - started:.0f} s: {VENV}")


def install_beside() -> None:
    """Put the engines of the distributed tests into a folder beside ``.venv``, if they are not there yet."""
    lock = LOCKS / f"{BESIDE}.lock"
    key = hashlib.sha256(lock.read_bytes() + key_of("dev").encode()).hexdigest()
    stamp = BESIDE_FOLDER / "installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == key:
        return
    with one_at_a_time():
        started = time.monotonic()
        shutil.rmtree(BESIDE_FOLDER, ignore_errors=True)
        say(f"Installing what {lock.relative_to(ROOT)} names (about a gigabyte)")
        # First what builds, then what is built with it: nothing unhashed is fetched for that either.
        builder = BESIDE_FOLDER / "requirements.txt"
        BESIDE_FOLDER.mkdir()
        builder.write_text(pin_of("setuptools", lock.read_text(encoding="utf-8")), encoding="utf-8")
        target = ["--quiet", "--python", str(PYTHON), "--target", str(BESIDE_FOLDER), "--no-deps", "--require-hashes"]
        uv = [str(VENV / "bin" / "uv"), "pip", "install", *target]
        environment = {**uv_environment(), "PYTHONPATH": str(BESIDE_FOLDER)}
        run([*uv, "--requirement", str(builder)], env=environment)
        run([*uv, "--no-build-isolation", "--requirement", str(lock)], env=environment)
        stamp.write_text(key, encoding="utf-8")
        say(f"Ready in {time.monotonic() - started:.0f} s: {BESIDE_FOLDER}")


def pin_of(package: str, lock_text: str) -> str:
    """The lines of a lock file that pin one package."""
    found = re.search(rf"^{re.escape(package)}==(?:.*\\\n)+.*\n", lock_text, re.MULTILINE)
    if found is None:
        raise CannotContinue(f"{package} is not in the lock file. Run: make lock")
    return found[0]


def is_current(level: str) -> bool:
    """Whether ``.venv`` already holds what ``level`` asks for."""
    if not PYTHON.exists():
        return False
    stamp = read_stamp()
    return stamp.get("level") in LEVELS[LEVELS.index(level) :] and stamp.get("key") == key_of(stamp["level"])


def installed_level() -> str | None:
    """The level that was last put in place, current or not."""
    return read_stamp().get("level")


def read_stamp() -> dict[str, str]:
    """What the last finished run noted down; empty if none did."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp


def key_of(level: str) -> str:
    """A digest of everything that decides what ``.venv`` holds, the folder's own place included."""
    digest = hashlib.sha256(f"{ROOT}\0{sys.version_info[:2]}\0".encode())
    package = ROOT / "src" / "zhiyin" / "__init__.py"  # states the version
    for path in (*locks_of(level), ROOT / "pyproject.toml", package):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def locks_of(level: str) -> tuple[Path, Path]:
    """The hashed lock files that make up ``level``."""
    return BOOTSTRAP_LOCK, LOCKS / f"{level}.lock"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let two `make` commands started together take turns."""
    with (LOCKS / ".bootstrap-in-progress").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    """Make ``.venv`` if there is none that works. Debian and Ubuntu may lack ``ensurepip``, ``pip`` or both."""
    if works(PYTHON):
        return
    if VENV.exists():
        say("The .venv here does not start (moved, or its Python is gone): making it anew.")
        shutil.rmtree(VENV)
    say(f"Making .venv with Python {sys.version.split()[0]}")
    if not has_module("ensurepip") and not has_module("pip"):
        install_debian_package()
    bare = [] if has_module("ensurepip") else ["--without-pip"]
    run([sys.executable, "-m", "venv", *bare, str(VENV)])


def works(python: Path) -> bool:
    """Whether this interpreter starts, and is of the version that runs this file."""
    if not python.exists():
        return False
    question = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    return subprocess.run([python, "-c", question], capture_output=True).returncode == 0


def has_module(name: str, python: str | Path = sys.executable) -> bool:
    """Whether ``python`` can import ``name``; asked in a new process, since apt may have just brought it."""
    if Path(python) == Path(sys.executable) and importlib.util.find_spec(name):
        return True
    return subprocess.run([python, "-c", f"import {name}"], capture_output=True).returncode == 0


def install_debian_package() -> None:
    """Install Debian's venv package if we may; otherwise say which one is missing."""
    package = f"python3.{sys.version_info.minor}-venv"
    cure = f"This Python has neither venv's ensurepip nor pip. Install one, then try again: apt-get install {package}"
    if not shutil.which("apt-get"):
        raise CannotContinue(cure.replace(f"apt-get install {package}", "your system's venv or pip package for Python"))
    if os.geteuid() == 0:
        become_root: list[str] = []
    elif shutil.which("sudo"):
        become_root = ["sudo"] if sys.stdin.isatty() else ["sudo", "--non-interactive"]
    else:
        raise CannotContinue(cure)
    say(f"This Python cannot make environments yet: installing {package}")
    quietly = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    try:
        run([*quietly, "update"])
        run([*quietly, "install", "--yes", "--no-install-recommends", package], stdout=subprocess.DEVNULL)
    except subprocess.CalledProcessError as failure:
        raise CannotContinue(f"{cure} (tried: exit {failure.returncode})") from failure
    if not has_module("ensurepip"):
        raise CannotContinue(cure)


def synchronise(level: str) -> None:
    """Install uv with pip, let uv install and remove the rest, then install this checkout as it stands."""
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        say("Installing uv")
        outside = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
        pip = [str(PYTHON), "-m", "pip"] if has_module("pip", PYTHON) else outside
        run([*pip, "install", "--quiet", "--require-hashes", "--requirement", str(BOOTSTRAP_LOCK)])
    locks = locks_of(level)
    names = " and ".join(str(lock.relative_to(ROOT)) for lock in locks)
    say(f"Installing what {names} name")
    target = ["--quiet", "--python", str(PYTHON)]
    run([str(uv), "pip", "sync", *target, "--require-hashes", *map(str, locks)], env=uv_environment())
    # The build tools come from bootstrap.lock: nothing unhashed is fetched here.
    run([str(uv), "pip", "install", *target, "--offline", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])


def uv_environment() -> dict[str, str]:
    """The environment for uv. It does not read pip's settings, so a company's own index and CA are handed over."""
    environment = {"UV_HTTP_TIMEOUT": "120", **os.environ}
    for ours, uvs in (("index-url", ("UV_DEFAULT_INDEX", "UV_INDEX_URL")), ("cert", ("SSL_CERT_FILE",))):
        value = pip_setting(ours)
        if value and not environment.keys() & set(uvs):
            environment[uvs[0]] = value
    return environment


def pip_setting(name: str) -> str:
    """What pip is configured to use for ``name``, from the environment or its files; empty if nothing."""
    pip = str(PYTHON) if has_module("pip", PYTHON) else sys.executable
    asked = subprocess.run([pip, "-m", "pip", "config", "get", f"global.{name}"], capture_output=True, text=True)
    return os.environ.get("PIP_" + name.upper().replace("-", "_")) or asked.stdout.strip()


def run(command: list[str], *, env: dict[str, str] | None = None, stdout: int | None = None) -> None:
    """Run ``command``, its output passing through; raises CalledProcessError if it fails."""
    subprocess.run(command, check=True, cwd=ROOT, env=env, stdout=stdout)


def say(sentence: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
