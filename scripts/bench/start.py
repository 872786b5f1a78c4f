"""From ``zhiyin serve`` on an empty folder to its first page, and how heavy the running product is."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        variables = {key: value for key, value in os.environ.items() if not key.startswith("ZHIYIN_")}
        variables["ZHIYIN_DATA_DIR"] = folder
        for run in ("empty folder", "second start"):
            port = _free_port()
            variables["ZHIYIN_BASE_URL"] = f"http://127.0.0.1:{port}"
            started = time.perf_counter()
            command = [sys.executable, "-m", "zhiyin.cli", "serve", "--port", str(port)]
            process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                page = _first_page(f"http://127.0.0.1:{port}/start/")
                print(f"serve, {run}: first page after {time.perf_counter() - started:.1f} s, {len(page):,} bytes")
                time.sleep(3)
                print(f"{'':<8}resident memory of all its processes: {_memory(process.pid) / 1024:,.0f} MB")
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _first_page(url: str) -> bytes:
    for _ in range(600):
        try:
            with urlopen(url, timeout=5) as answer:
                return bytes(answer.read())
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit("serve did not show a page within a minute")


def _memory(parent: int) -> int:
    """Kilobytes of a process and all below it; shared pages are divided among those who share them."""
    family, found = {parent}, 0
    for status in sorted(Path("/proc").glob("[0-9]*/status"), key=lambda path: int(path.parent.name)):
        try:
            text = status.read_text()
            above = re.search(r"^PPid:\s+(\d+)", text, re.MULTILINE)
            if int(status.parent.name) in family or (above and int(above[1]) in family):
                family.add(int(status.parent.name))
                sizes = (status.parent / "smaps_rollup").read_text()
                share = re.search(r"^Pss:\s+(\d+)", sizes, re.MULTILINE)
                found += int(share[1]) if share else 0
        except OSError:
            continue
    return found


if __name__ == "__main__":
    main()
