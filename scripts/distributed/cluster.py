"""A standalone Spark cluster on this machine: one master and two workers, processes of their own, on loopback only."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from scripts.test_postgres import stop_with_parent

WORKERS = 2
OLDEST_JAVA = 17
START_SECONDS, STOP_SECONDS = 90, 15
LOOPBACK = "127.0.0.1"
DAEMON_MEMORY, WORKER_MEMORY, EXECUTOR_MEMORY, DRIVER_MEMORY = "256m", "768m", "640m", "768m"


class NoCluster(Exception):
    """One sentence: why there is none, and how to get one."""


@dataclass(frozen=True)
class Cluster:
    host: str
    port: int
    pages: int  # the master's own page, which also answers as JSON

    def workers(self) -> list[dict[str, Any]]:
        """The workers that the master holds for alive."""
        answer = httpx.get(f"http://{self.host}:{self.pages}/json/", timeout=5, trust_env=False)
        return [one for one in answer.json()["workers"] if one["state"] == "ALIVE"]


def find_java() -> Path:
    """Java 17 or newer. Raises NoCluster."""
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    cure = "Install one: apt-get install openjdk-17-jre-headless."
    if not found or not Path(found).exists():
        raise NoCluster(f"There is no Java on this machine. {cure}")
    said = subprocess.run([found, "-version"], capture_output=True, text=True).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise NoCluster(
            f"Spark needs Java {OLDEST_JAVA} or newer, {found} is {version[1] if version else 'none'}. {cure}"
        )
    return Path(found)


@contextmanager
def running_cluster(spark_home: Path) -> Iterator[Cluster]:
    """Start it; stop it whatever happens. Leaves no process, no port and no file."""
    find_java()
    processes: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="zhiyin-spark-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        try:
            cluster = Cluster(LOOPBACK, _free_port(), _free_port())
            master = ["master.Master", "--host", LOOPBACK, "--port", str(cluster.port)]
            processes.append(_started(spark_home, home, [*master, "--webui-port", str(cluster.pages)], "master"))
            _wait(cluster, processes, home, workers=0)
            for number in range(WORKERS):
                limits = ["--cores", "1", "--memory", WORKER_MEMORY, "--work-dir", str(home / f"work-{number}")]
                worker = ["worker.Worker", "--host", LOOPBACK, "--webui-port", "0", *limits]
                address = f"spark://{LOOPBACK}:{cluster.port}"
                processes.append(_started(spark_home, home, [*worker, address], f"worker-{number}"))
            _wait(cluster, processes, home, workers=WORKERS)
            yield cluster
        finally:
            _stop(processes)


def _started(spark_home: Path, home: Path, words: list[str], name: str) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_PUBLIC_DNS": LOOPBACK,
        "SPARK_DAEMON_MEMORY": DAEMON_MEMORY,
        "SPARK_LOCAL_DIRS": str(home / "local"),
        "SPARK_CONF_DIR": str(home),
    }
    with (home / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [str(spark_home / "bin" / "spark-class"), f"org.apache.spark.deploy.{words[0]}", *words[1:]],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # and with it a group, by which the executors are found when it stops
            preexec_fn=stop_with_parent,
        )


def _wait(cluster: Cluster, processes: list["subprocess.Popen[bytes]"], home: Path, *, workers: int) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and all(process.poll() is None for process in processes):
        try:
            if len(cluster.workers()) >= workers:
                return
        except (httpx.HTTPError, json.JSONDecodeError):
            pass
        time.sleep(0.1)
    logs = [path.read_text(errors="replace").strip()[-1500:] for path in sorted(home.glob("*.log"))]
    raise NoCluster(f"The cluster did not start within {START_SECONDS} s:\n" + "\n".join(logs))


def _stop(processes: list["subprocess.Popen[bytes]"]) -> None:
    """Workers first, so that they end their executors; then whatever of their groups is left."""
    for process in reversed(processes):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in reversed(processes):
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
