"""``zhiyin demo``: the sample hotline on a throw-away data folder, with history and live simulated traffic.

The history goes through the very actions that live traffic takes, only on a clock of its own. It is built once a day
and version and kept in the user's cache; a later start copies it and plays on from where it ended.
"""

import hashlib
import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

import click

import zhiyin
from zhiyin.cli.frame import now, on_terminal, set_up

PASSWORD = "zhiyin-demo-2026"
LOGINS = (
    ("quality_manager", "满意度管理岗", "Satisfaction manager"),
    ("agent", "客服代表", "Agent"),
    ("team_lead", "班组长", "Team lead"),
    ("touchpoint_owner", "触点负责人", "Touchpoint owner"),
    ("executive", "高管", "Executive"),
    ("auditor", "审计", "Auditor"),
    ("administrator", "管理员", "Administrator"),
)


@click.command("demo")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--weeks", default=0, type=click.IntRange(0, 104), help="Weeks of history; the pack's own number if 0.")
@click.option("--fresh", is_flag=True, help="Build the history anew instead of taking the kept one.")
def demo_command(host: str, port: int, weeks: int, fresh: bool) -> None:
    """Show a whole hotline at work in a throw-away folder; only a copy of the sample history is kept, in the cache."""
    from zhiyin.cli.serve import Child, keep_running, refuse_taken_port, web_process, worker_process  # noqa: PLC0415

    refuse_taken_port(host, port)
    folder = Path(tempfile.mkdtemp(prefix="zhiyin-demo-"))
    try:
        os.environ |= {"ZHIYIN_DATA_DIR": str(folder), "ZHIYIN_BASE_URL": f"http://{host}:{port}"}
        os.environ.pop("ZHIYIN_DATABASE_URL", None)
        started = time.monotonic()
        _prepare(folder, weeks=weeks, fresh=fresh)
        click.echo(f"Sample data ready in {time.monotonic() - started:.0f} s.", err=True)
        _tell(host, port, folder)
        traffic = Child("traffic", lambda: [sys.executable, "-m", "zhiyin.cli.traffic"])
        keep_running([web_process(host, port), worker_process(), traffic])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path, *, weeks: int, fresh: bool) -> None:
    """Fill the folder: from the kept history if it is of this version and recent, else by building it."""
    kept = _cache() / f"demo-{_stamp(weeks)}"
    if fresh:
        shutil.rmtree(kept, ignore_errors=True)
    if kept.is_dir():
        shutil.copytree(kept, folder, dirs_exist_ok=True)
    set_up(make_keys=True)
    from zhiyin.cli.history import build_history, play_on  # noqa: PLC0415  (Django must be set up first)

    if kept.is_dir():
        play_on(until=now(), show=on_terminal())
        return
    build_history(weeks=weeks, until=now(), password=PASSWORD, show=on_terminal())
    _keep(folder, kept)


def _keep(folder: Path, kept: Path) -> None:
    """Keep a copy for the next start. A cache that cannot be written is no reason to fail."""
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    unfinished = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder, unfinished)
        unfinished.rename(kept)
        for old in kept.parent.glob("demo-*"):
            if old != kept:
                shutil.rmtree(old, ignore_errors=True)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zhiyin"


def _stamp(weeks: int) -> str:
    """Another version, another pack, another schema or another week is another history."""
    package = Path(zhiyin.__file__).parent
    digest = hashlib.sha256(f"{zhiyin.__version__}:{weeks}:{socket.gethostname()}".encode())
    for path in sorted(
        [*package.glob("packs/hotline/*.toml"), *package.glob("*/migrations/*.py"), *package.glob("cli/*.py")]
    ):
        digest.update(path.read_bytes())
    digest.update(package.joinpath("packs/crowd.py").read_bytes())
    return digest.hexdigest()[:16]


def _tell(host: str, port: int, folder: Path) -> None:
    """How to play every part: whoever runs the house by log-in, the call centre by key, the customer by link."""
    from zhiyin.packs.install import pack_of  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415
    from zhiyin.people.api_auth import create_api_key  # noqa: PLC0415

    staff = pack_of("hotline").about.sample.staff
    click.echo(f"\nZhiyin 知音  http://{host}:{port}/   password: {PASSWORD}\n")
    for role, chinese, english in LOGINS:
        member = next((one for one in staff if one.role == role and one.email), None)
        if member:
            click.echo(f"  {member.email:<28} {chinese} / {english}")
    secret = create_api_key(name="demo visitor", scope="write", by=Viewer.system("demo"), now=now())
    moment = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    click.echo(f"""
To play the call centre, send an encounter; then be the customer and open the link that was sent:

  curl -H "Authorization: Bearer {secret}" -H "Content-Type: application/json" \\
    -d '{{"source": "me", "external_id": "call-1", "customer": {{"external_id": "C-1", "phone": "13800138000"}},
         "touchpoint": "hotline", "unit": "SD-05-T3", "ended_at": "{moment}"}}' \\
    http://{host}:{port}/api/v1/interactions
  grep '"to":"13800138000"' {folder}/outbox/messages.ndjson

Live traffic runs; Ctrl+C ends it and deletes the folder. A copy of the sample history stays in
{_cache()} so that the next start is quick; it may be deleted.
""")
