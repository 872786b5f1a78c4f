"""A stable of workers for the stories about crashes: each a process of its own that sends what is due, for ever.

Started once, since importing Django takes longer than most of what is tested: every line on standard input, the name
of a data folder, forks a worker and is answered with its process id. A worker runs the product's own duty of sending
and nothing else. With ``without fencing`` as argument its workers have lost the check of the fencing number: the
negative control.
"""

import os
import signal
import sys
import time
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402  (Django must be set up first)

from zhiyin.messaging.actions import sending  # noqa: E402
from zhiyin.outreach.dispatch import send_due  # noqa: E402

if sys.argv[1:] == ["without fencing"]:
    setattr(sending, "same_hands", lambda leased, fencing: fencing is not None)  # noqa: B010  (mypy knows better)


def work(data_dir: str) -> None:
    settings.DATA_DIR = Path(data_dir)
    while True:
        send_due(worker=str(os.getpid()), clock=timezone.now)
        time.sleep(0.01)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
say("ready")
for line in sys.stdin:
    child = os.fork()
    if not child:
        work(line.strip())
    say(str(child))
