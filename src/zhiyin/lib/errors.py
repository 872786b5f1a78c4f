"""An error is a sentence for a person, a code for a program, and a next step."""


class Refused(Exception):
    """A rule said no. ``message`` and ``next_step`` may be lazy translations; ``code`` stays the same for ever."""

    code = "refused"
    status = 409
    retry_after = 5  # seconds, where the status is 503

    def __init__(self, message: object = "", *, next_step: object = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        if code:
            self.code = code

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.message), str(self.next_step)) if part)


class NotFound(Refused):
    """Not there, or another branch's: the two look exactly alike."""

    code = "not_found"
    status = 404


class NotAllowed(Refused):
    """The role may not do this at all, whoever the row belongs to."""

    code = "not_allowed"
    status = 403


class StaleEdit(Refused):
    """Somebody else changed it first."""

    code = "stale"
    status = 409
