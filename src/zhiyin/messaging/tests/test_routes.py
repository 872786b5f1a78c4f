"""Which channel takes what."""

import pytest

from zhiyin.messaging.rules.routes import route

SMS, OTHER_SMS = ("gateway", ("sms",)), ("a_gateway", ("sms", "wecom"))
MAIL, FILE = ("mail", ("email",)), ("file", ("outbox",))


@pytest.mark.parametrize(
    ("in_use", "sms", "email", "outbox"),
    [
        ([], "outbox", "outbox", "outbox"),
        ([SMS], "gateway", None, "outbox"),
        ([SMS, OTHER_SMS], "a_gateway", None, "outbox"),
        ([SMS, MAIL], "gateway", "mail", "outbox"),
        ([SMS, FILE], "gateway", "file", "file"),
        ([FILE], "file", "file", "file"),
    ],
)
def test_the_first_of_a_kind_then_an_outbox_that_was_set_up(
    in_use: list[tuple[str, tuple[str, ...]]], sms: str | None, email: str | None, outbox: str | None
) -> None:
    assert [route(kind, in_use) for kind in ("sms", "email", "outbox")] == [sms, email, outbox]
