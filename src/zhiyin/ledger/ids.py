"""Ids for this process, with a node number leased from the database on first use (and again after a fork)."""

import os
import socket
from collections.abc import Sequence
from datetime import datetime
from threading import Lock, local

from django.db import connection, transaction

from zhiyin.ledger.models import Node
from zhiyin.lib.ids import NODE_BITS, IdMaker

_makers: dict[int, IdMaker] = {}
_lock = Lock()


class _Trial(local):
    """A maker whose node row is not committed yet: only this thread's transaction may use it."""

    maker: IdMaker | None = None
    promote: object = None


_trial = _Trial()


def new_ids(count: int, *, now: datetime) -> Sequence[int]:
    """``count`` time-ordered ids, unique over all processes of this deployment."""
    maker = _makers.get(os.getpid()) or _on_trial() or _new_maker(now=now)
    return maker.take(count, now=now)


def new_id(*, now: datetime) -> int:
    return new_ids(1, now=now)[0]


def _on_trial() -> IdMaker | None:
    """This transaction's own maker, if it made one. After a rollback the node row is gone, and SQLite would give its
    number to the next process: Django then forgets the promotion, and we forget the maker."""
    waiting = any(entry[1] is _trial.promote for entry in connection.run_on_commit)
    return _trial.maker if waiting else None


def _new_maker(*, now: datetime) -> IdMaker:
    node = Node.objects.create(started_at=now, host=f"{socket.gethostname()}:{os.getpid()}")
    maker = IdMaker(node=node.pk % (1 << NODE_BITS))

    def promote() -> None:
        with _lock:
            _makers.setdefault(os.getpid(), maker)

    _trial.maker, _trial.promote = maker, promote
    transaction.on_commit(promote)  # at once when no transaction is open
    return maker
