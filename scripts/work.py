"""Run Zhiyin from the sources while you change them: web and worker, started again whenever a file changes.

    .venv/bin/python -m scripts.work [PORT]

Data stays in ./zhiyin-data (or where ``ZHIYIN_DATA_DIR`` says), so what you clicked together survives a restart.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src" / "zhiyin"
WATCHED = {".py", ".html", ".txt", ".po", ".css", ".scss", ".js", ".toml", ".json", ".csv", ".svg"}
BUILT = {"static", "__pycache__", "LC_MESSAGES"}
LOOK_EVERY_SECONDS = 0.5
STOP_SECONDS = 20


def main(arguments: list[str]) -> int:
    """Serve, watch, start again, until Ctrl+C. Returns 0, or 2 on bad usage."""
    if len(arguments) > 1 or not all(argument.isdigit() for argument in arguments):
        print("usage: work.py [PORT]", file=sys.stderr)
        return 2
    port = arguments[0] if arguments else "8000"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends web and worker too, as Ctrl+C does
    seen = snapshot()
    server = start(port)
    try:
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            now_there = snapshot()
            if now_there != seen:
                print(f"Changed: {', '.join(sorted(changed(seen, now_there)))}", flush=True)
                seen = now_there
                stop(server)
                server = start(port)
    except KeyboardInterrupt:
        return 0
    finally:
        stop(server)


def snapshot() -> dict[Path, int]:
    """When each source was last written."""
    found: dict[Path, int] = {}
    for folder, below, names in os.walk(SOURCES):
        below[:] = [name for name in below if name not in BUILT]
        for path in (Path(folder, name) for name in names):
            if path.suffix in WATCHED and path.exists():
                found[path] = path.stat().st_mtime_ns
    return found


def changed(before: dict[Path, int], after: dict[Path, int]) -> set[str]:
    """Names of the files that came, went or were written."""
    return {str(path.relative_to(SOURCES)) for path, _written in before.items() ^ after.items()}


def start(port: str) -> "subprocess.Popen[bytes]":
    """Build what the change asks for (each step does nothing when it is up to date), then serve."""
    subprocess.run(["make", "--no-print-directory", "assets"], cwd=ROOT)
    command = [str(Path(sys.executable).parent / "zhiyin"), "serve", "--port", port]
    return subprocess.Popen(command, cwd=ROOT, env={"ZHIYIN_DEBUG": "1", **os.environ})


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End web and worker; the next start needs their port."""
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
