"""What granian serves: the public survey pages by a short way, everything else by Django."""

import multiprocessing
import os
import threading
import time

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.config.settings")
django_application = get_wsgi_application()

from zhiyin.lib.heap import settle  # noqa: E402
from zhiyin.responses.hot import PublicPages  # noqa: E402  (models can be imported only now)

LOOK_EVERY = 0.5  # seconds


def end_with(parent: int) -> None:
    """Wait until this process has lost its parent, then end it.

    Where granian's main process is killed, its workers would live on, hold the port so that it cannot be started
    again, and serve the old code after an upgrade. At once and without goodbyes: with nobody behind it that kills
    what does not end, a worker asked gently may stand still in the middle of a transaction, and with SQLite nobody
    writes any more. Whatever was under way is rolled back, and its client repeats it.
    """
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os._exit(1)


# Only as somebody's worker: a server that is one process may well outlive whoever started it.
if (granian := multiprocessing.parent_process()) is not None and granian.pid is not None:
    threading.Thread(target=end_with, args=(granian.pid,), name="end-with-parent", daemon=True).start()

application = PublicPages(django_application)
settle()
