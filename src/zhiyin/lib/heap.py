"""What a process keeps for as long as it lives, put where the garbage collector does not look again and again.

Django, its models and our own modules are some 300,000 objects that never become garbage. A batch of a thousand
interactions makes enough new ones to set off several full collections, and looking through those that stay took a
fifth of the batch's time.
"""

import gc

YOUNG = 100_000  # new objects between two looks; Python's own 700 suits scripts


def settle() -> None:
    """Call once, after everything is imported, in a process that serves or works for long."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
