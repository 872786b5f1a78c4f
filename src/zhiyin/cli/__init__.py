"""The ``zhiyin`` command: every verb an operator needs, one file per family.

Owns: nothing stored. Reads the clock and hands it down.
Tells: by its exit code: 0 done, 1 the work failed or a check found something, 2 bad usage, input or configuration.
"""
