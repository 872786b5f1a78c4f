"""Which of the channels in use takes a message: the one rule that the worker and the screen share."""

from collections.abc import Collection, Iterable

OUTBOX = "outbox"  # the key of the file that is always there, and what a channel carries that is that file


def route(asked: str, in_use: Iterable[tuple[str, Collection[str]]]) -> str | None:
    """The key of the channel that messages of this kind go by, of ``(key, what it carries)`` in use; None: no way.

    Of several that carry it the first by key. Where none does, an outbox that was set up on purpose takes it, and
    where nothing at all is set up, the outbox.
    """
    channels = sorted(in_use, key=lambda each: each[0])
    for wanted in (asked, OUTBOX):
        for key, carries in channels:
            if wanted in carries:
                return key
    return OUTBOX if asked == OUTBOX or not channels else None
