"""The Chromium on this machine. No test downloads a browser of its own."""

import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing here may look for hosts outside this machine, nor need a screen or a sandbox that root cannot have.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> Path | None:
    """Where Chromium (or Chrome) is installed, if it is."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


def why_missing() -> str:
    """The sentence that says what is not covered and how to cover it; empty if Chromium is there."""
    if find():
        return ""
    return "Browser tests did not run: no Chromium found. On Debian: apt-get install chromium fonts-noto-cjk"
