"""Run every benchmark, one after the other, each in a process of its own.

    .venv/bin/python scripts/test_postgres.py --durable .venv/bin/python -m scripts.bench [NAME ...]

`make bench` does this. A name, such as ``survey_page``, runs that one alone.
"""

import os
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


def names() -> list[str]:
    """The benchmarks there are; a module whose name begins with an underscore serves the others."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def machine() -> str:
    """What the figures were measured on. Without PGO the interpreter is up to 2.9 times slower, so that is said."""
    models = [line.partition(":")[2].strip() for line in cpu_lines() if line.startswith("model name")]
    is_optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    built = "with PGO" if is_optimised else "without PGO"
    return (
        f"{os.cpu_count()} cores, {models[0] if models else platform.machine()}, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()} built {built}"
    )


def cpu_lines() -> list[str]:
    """What Linux says of the processor; nothing elsewhere."""
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def main(arguments: list[str]) -> int:
    """Run what was named, or all. Returns 0, 1 if one failed, 2 for a name that does not exist."""
    unknown = [name for name in arguments if name not in names()]
    if unknown:
        print(f"bench: there is no {unknown[0]!r}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    print(f"Measured on: {machine()}", flush=True)
    failed = []
    for name in arguments or names():
        print(f"\n── {name} ──", flush=True)
        if subprocess.run([sys.executable, "-m", f"scripts.bench.{name}"], cwd=ROOT).returncode:
            failed.append(name)
    if failed:
        print(f"bench: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
