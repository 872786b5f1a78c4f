"""How large the stories about reliability are: C on every change, N at night, R before a release (docs/reliability.md).

``RELIABILITY_TIER=N .venv/bin/pytest tests/stories`` runs them as the table promises; without it they fit into CI.
"""

import os

TIER = os.environ.get("RELIABILITY_TIER", "C")
ORDER = ("C", "N", "R")


def sized(*, c: int, n: int, r: int | None = None) -> int:
    """The size for this run's tier; a release is tried as a night is, unless it says more."""
    if TIER not in ORDER:
        raise ValueError(f"RELIABILITY_TIER is {TIER!r}. Use one of: C, N, R.")
    return {"C": c, "N": n, "R": n if r is None else r}[TIER]


def minutes(*, c: int, n: int, r: int | None = None) -> int:
    """The same for pytest's timeout, in seconds."""
    return 60 * sized(c=c, n=n, r=r)
