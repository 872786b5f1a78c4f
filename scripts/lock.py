"""Bring ``requirements/*.lock`` in step with pyproject.toml, every package with its hashes.

    .venv/bin/python -m scripts.lock [--upgrade]

A version that is locked and still allowed stays; ``--upgrade`` takes the newest of everything. The files hold for
every platform and every Python that pyproject.toml allows, and name no registry: that is the machine's own setting.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).parent / "uv"
OLDEST_PYTHON = "3.11"
# In this order: each file keeps to the versions of those before it.
LOCKS = {
    "runtime": ["pyproject.toml"],
    "bootstrap": ["--group", "bootstrap", "--constraint", "requirements/runtime.lock"],
    "node": ["--group", "node"],
    "dev": [
        *("pyproject.toml", "--group", "dev"),
        *("--constraint", "requirements/runtime.lock", "--constraint", "requirements/bootstrap.lock"),
    ],
    # Lies beside an environment with all of dev.lock, and brings nothing of it a second time.
    "distributed": [
        *("--group", "distributed", "--constraint", "requirements/dev.lock"),
        *(
            word
            for name in ("numpy", "pandas", "pyarrow", "python-dateutil", "six", "tzdata")
            for word in ("--no-emit-package", name)
        ),
    ],
}


def main(arguments: list[str]) -> int:
    """Write the lock files. Returns 0, 1 if a set of versions cannot be found, 2 on bad usage."""
    if arguments not in ([], ["--upgrade"]):
        print("usage: lock.py [--upgrade]", file=sys.stderr)
        return 2
    always = ["--quiet", "--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-emit-index-url"]
    environment = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    for name, inputs in LOCKS.items():
        output = ["--output-file", f"requirements/{name}.lock"]
        command = [str(UV), "pip", "compile", *always, *arguments, *inputs, *output]
        if subprocess.run(command, cwd=ROOT, env=environment).returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
