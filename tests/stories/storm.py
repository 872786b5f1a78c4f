"""An installation in processes of its own, as the product starts them, and a killer among them."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

PORTS = range(18170, 18180)  # below those that clients are given: nobody sits on ours while the web half is away
INSIDE = Path(__file__).with_name("inside.py")
STEADY = 150.0  # seconds for a killed half to be at work again, however busy the machine: a watchdog, no promise


@dataclass
class Installation:
    """The web half and two workers, each started again as soon as it has died, as a supervisor would."""

    environment: dict[str, str]
    logs: Path
    halves: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = {**self.environment, "ZHIYIN_BASE_URL": self.base}
        self.outbox = Path(self.environment["ZHIYIN_DATA_DIR"]) / "outbox" / "messages.ndjson"

    def look_after(self) -> None:
        commands = {"web": ["web", "--port", str(self.port)], "worker 1": ["worker"], "worker 2": ["worker"]}
        for name, arguments in commands.items():
            if name not in self.halves or self.halves[name].poll() is not None:
                with self.logs.open("ab") as log:
                    command = [sys.executable, "-m", "zhiyin.cli", *arguments]
                    self.halves[name] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def run(self, *arguments: str) -> str:
        """A program inside the installation, to its end; what it printed."""
        done = subprocess.run(arguments, env=self.environment, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.strip()

    def stop(self) -> None:
        """End everything, gently; whoever does not listen is killed."""
        web = [*self.web_workers(), self.halves["web"].pid] if "web" in self.halves else []
        for half in self.halves.values():
            half.terminate()
        for half in self.halves.values():
            try:
                half.wait(15)
            except subprocess.TimeoutExpired:
                half.kill()
                half.wait()
        for left in web:
            if is_alive(left):
                os.kill(left, signal.SIGKILL)

    def web_workers(self) -> list[int]:
        """Granian's workers: the children of the web half's main process that are fully there."""
        try:
            children = Path(f"/proc/{self.halves['web'].pid}/task/{self.halves['web'].pid}/children").read_text()
        except FileNotFoundError:
            return []
        return [int(pid) for pid in children.split() if is_alive(int(pid))]


@dataclass
class Killer:
    """Kills one process after another, each once its half has done something since it was last hit."""

    installation: Installation
    signs: dict[str, Callable[[], int]]  # half → a count that grows while it works
    seed: int
    kills: Counter[str] = field(default_factory=Counter)

    def storm(self, plan: dict[str, int]) -> None:
        """``plan`` says how many of each kind: ``web worker``, ``web`` and ``worker``."""
        dice = random.Random(self.seed)
        order = [kind for kind, times in plan.items() for _ in range(times)]
        dice.shuffle(order)
        seen = {half: sign() for half, sign in self.signs.items()}
        for kind in order:
            half = kind.partition(" ")[0]
            while not self.hit(kind, seen[half], dice):
                pass
            seen[half] = self.signs[half]()

    def hit(self, kind: str, seen: int, dice: random.Random) -> bool:
        """Kill one of this kind, after a moment that may fall anywhere in its work. False: it was gone already."""
        sign = self.signs[kind.partition(" ")[0]]
        self.wait(lambda: sign() > seen and bool(self.victims(kind)))
        time.sleep(dice.uniform(0.0, 0.4))
        try:
            os.kill(dice.choice(self.victims(kind)), signal.SIGKILL)
        except (IndexError, ProcessLookupError):
            return False
        self.kills[kind] += 1
        return True

    def victims(self, kind: str) -> list[int]:
        if kind == "web worker":
            return self.installation.web_workers()
        return [half.pid for name, half in self.installation.halves.items() if name.startswith(kind)]

    def wait(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + STEADY
        while not true():
            self.installation.look_after()
            assert time.monotonic() < deadline, f"Not at work again within {STEADY:.0f} s; killed so far: {self.kills}"
            time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Neither gone nor waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def free_port() -> int:
    # Each process begins elsewhere: granian shares ports, so two that chose the same at once would not notice.
    begin = os.getpid() * 7 % len(PORTS)
    for port in (*PORTS[begin:], *PORTS[:begin]):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"No port is free from {PORTS[0]} to {PORTS[-1]}.")
