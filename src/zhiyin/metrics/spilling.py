"""Where a DuckDB puts what does not fit into its memory. Two of them in one folder would write each other's files."""

import os
import shutil
import socket
from itertools import count
from pathlib import Path

NAME = "spilled"
_number = count(1)


def own_folder(mirror: Path) -> Path:
    """A folder that no other engine uses, on this machine or another. What dead processes left behind goes."""
    host, every = socket.gethostname(), mirror / NAME
    every.mkdir(parents=True, exist_ok=True)
    for path in every.iterdir():
        whose, process, _number_there = path.name.rsplit("-", 2)
        if whose == host and not _lives(int(process)):
            shutil.rmtree(path, ignore_errors=True)
    return every / f"{host}-{os.getpid()}-{next(_number)}"


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True
