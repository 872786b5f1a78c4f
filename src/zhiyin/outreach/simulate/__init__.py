"""A rehearsal: replay a file of events through the fatigue rules and see who would have been asked. Touches no record.

`scanning` reads bytes, the rule core judges, `writing` prints; the loops among them run as plain Python on a small
file and compiled by numba on a large one (`engine`). `rehearsal` tries a policy on events that are in memory already.
``docs/fatigue.md`` is the exact reading.
"""

from zhiyin.outreach.simulate.run import Summary, simulate_events

__all__ = ["Summary", "simulate_events"]
