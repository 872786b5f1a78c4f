"""Setting up channels: checked whole, sealed, never shown again."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.threads import together
from zhiyin.ledger.models import Event
from zhiyin.lib.errors import NotFound, StaleEdit
from zhiyin.messaging import ways
from zhiyin.messaging.actions import ChannelGiven, InvalidSetup, reseal_channels, set_up_channel, switch_channel
from zhiyin.messaging.actions.setting_up import _SENTENCES, sentence
from zhiyin.messaging.models import Channel
from zhiyin.messaging.queries import channels
from zhiyin.messaging.rules.setups import HIDDEN, EmailSetup, Fault, SmsSetup
from zhiyin.messaging.testing import BY, NOW
from zhiyin.messaging.ways import setup_of, way_of

pytestmark = pytest.mark.django_db
SMS: dict[str, Any] = {
    "url": "https://gateway.example.com/send",
    "body": {"to": "{to}", "text": "{text}"},
    "headers": {"Authorization": "Bearer very-secret"},
}
EMAIL: dict[str, Any] = {"host": "mail.example.com", "sender": "care@example.com", "password": "hunter2hunter2"}


def put(key: str, kind: str, settings: dict[str, Any], **changes: Any) -> str:
    return set_up_channel(ChannelGiven(key=key, kind=kind, settings=settings, **changes), by=BY, now=NOW)


def test_settings_are_sealed_and_the_fact_names_only_what_changed() -> None:
    assert put("gateway", "sms", SMS) == "created"
    row = Channel.objects.get()
    assert row.settings_sealed is not None
    assert b"very-secret" not in bytes(row.settings_sealed)
    assert b"gateway.example.com" not in bytes(row.settings_sealed)
    assert isinstance(setup_of(row), SmsSetup)
    (fact,) = Event.objects.filter(kind="messaging.channel_set_up")
    assert fact.data["changed"] == ["body", "headers", "url"]
    assert "secret" not in str(fact.data)


def test_a_secret_left_as_it_was_shown_stays_what_it_is() -> None:
    put("mail", "email", EMAIL)
    assert put("mail", "email", EMAIL | {"password": HIDDEN, "port": 465, "security": "tls"}) == "updated"
    setup = setup_of(Channel.objects.get())
    assert isinstance(setup, EmailSetup)
    assert (setup.password, setup.port) == ("hunter2hunter2", 465)
    assert Event.objects.latest("id").data["changed"] == ["port", "security"]


def test_a_key_in_the_address_is_kept_with_it() -> None:
    put("gateway", "sms", SMS | {"url": "https://gateway.example.com/send?key=very-secret"})
    shown = f"https://gateway.example.com/send?{HIDDEN}"
    (card,) = [card for card in channels(now=NOW) if card.key == "gateway"]
    assert card.settings["url"] == shown
    put("gateway", "sms", SMS | {"url": shown, "timeout": 5})
    setup = setup_of(Channel.objects.get())
    assert isinstance(setup, SmsSetup)
    assert setup.url == "https://gateway.example.com/send?key=very-secret"
    assert Event.objects.latest("id").data["changed"] == ["timeout"]


@pytest.mark.parametrize(
    ("kind", "before", "changes", "faults"),
    [
        ("email", EMAIL, {"host": "evil.example.com", "password": HIDDEN}, {"password"}),
        ("email", EMAIL, {"host": "evil.example.com", "password": "another-one"}, set()),
        ("email", EMAIL, {"host": "evil.example.com", "password": ""}, set()),
        ("sms", SMS, {"url": "https://evil.example.com/", "headers": HIDDEN, "body": HIDDEN}, {"headers", "body"}),
        ("sms", SMS, {"url": "https://evil.example.com/"}, set()),
        ("sms", SMS, {"url": "https://gateway.example.com/other", "headers": HIDDEN, "body": HIDDEN}, set()),
    ],
)
def test_what_is_kept_goes_to_the_server_that_it_was_given_for_and_to_no_other(
    kind: str, before: dict[str, Any], changes: dict[str, Any], faults: set[str]
) -> None:
    def change() -> list[tuple[str, str]]:
        try:
            put("way", kind, before | changes)
        except InvalidSetup as invalid:
            return [(name, code) for name, code, _ in invalid.faults]
        return []

    put("way", kind, before)
    assert change() == [(name, "give_again") for name in sorted(faults)]


def test_what_was_never_kept_cannot_be_left_as_it_was() -> None:
    with pytest.raises(InvalidSetup) as invalid:
        put("gateway", "sms", SMS | {"body": HIDDEN})
    assert [(name, code) for name, code, _ in invalid.value.faults] == [("body", "missing")]
    assert put("mail", "email", EMAIL | {"password": HIDDEN}) == "created"


def test_a_new_channel_takes_no_other_ones_name() -> None:
    put("gateway", "sms", SMS)
    with pytest.raises(InvalidSetup) as invalid:
        put("gateway", "sms", SMS | {"url": "ftp://x"}, is_new=True)
    assert [(name, code) for name, code, _ in invalid.value.faults] == [("key", "taken"), ("url", "not_a_url")]


def test_a_change_made_meanwhile_is_not_overwritten() -> None:
    put("gateway", "sms", SMS)
    with pytest.raises(StaleEdit):
        put("gateway", "sms", SMS | {"timeout": 5}, as_of=NOW - timedelta(seconds=1))
    with pytest.raises(StaleEdit):
        put("nothing", "sms", SMS, as_of=NOW)
    assert put("gateway", "sms", SMS | {"timeout": 5}, as_of=NOW) == "updated"


def test_a_change_leaves_a_channel_on_or_off_and_a_new_one_begins_off() -> None:
    put("gateway", "sms", SMS, is_active=None)
    assert not Channel.objects.get().is_active
    switch_channel("gateway", is_active=True, by=BY, now=NOW)
    put("gateway", "sms", SMS, is_active=None)
    assert Channel.objects.get().is_active


def test_settings_that_no_key_opens_can_be_filled_in_anew() -> None:
    put("mail", "email", EMAIL)
    Channel.objects.update(settings_sealed=b"x" * 60)
    assert put("mail", "email", EMAIL | {"password": HIDDEN}) == "updated"
    setup = setup_of(Channel.objects.get())
    assert isinstance(setup, EmailSetup)
    assert setup.password == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_name_at_once_one_is_told() -> None:
    def add() -> str:
        try:
            return put("gateway", "sms", SMS, is_new=True)
        except InvalidSetup as invalid:
            return invalid.faults[0][1]

    assert sorted(together([add, add])) == ["created", "taken"]
    assert Event.objects.filter(kind="messaging.channel_set_up").count() == 1


def test_new_settings_wake_a_resting_channel() -> None:
    put("gateway", "sms", SMS)
    Channel.objects.update(failures=9, rests_until=NOW, trouble="no answer")
    put("gateway", "sms", SMS)
    row = Channel.objects.get()
    assert (row.failures, row.rests_until, row.trouble) == (0, None, "")


@pytest.mark.parametrize(
    ("key", "kind", "settings", "field"),
    [
        ("gateway", "pigeon", {}, "kind"),
        ("no spaces", "sms", SMS, "key"),
        ("k" * 41, "sms", SMS, "key"),
        ("gateway", "sms", SMS | {"url": "http://169.254.169.254/latest"}, "url"),
        ("1st", "sms", SMS, "key"),
        ("a-b", "sms", SMS, "key"),
        ("a/b", "sms", SMS, "key"),
        ("nul\0", "sms", SMS, "key"),
        ("", "sms", SMS, "key"),
        ("outbox", "sms", SMS, "key"),  # the file's own: what left by the one would count for the other
        ("gateway", "sms", SMS | {"url": "gopher://gateway.example.com/"}, "url"),
        ("mail", "email", EMAIL | {"sender": "a@b.c\nBcc: x@y.z"}, "sender"),
    ],
)
def test_faulty_settings_are_refused_with_the_field_and_a_sentence(
    key: str, kind: str, settings: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidSetup) as bad:
        put(key, kind, settings)
    assert [name for name, _, _ in bad.value.faults] == [field]
    assert all(words for _, _, words in bad.value.faults)
    assert not Channel.objects.exists()


@pytest.mark.parametrize("code", sorted(_SENTENCES))
def test_every_fault_has_its_sentence(code: str) -> None:
    assert sentence(Fault("url", code))


def test_without_any_channel_everything_goes_to_the_outbox() -> None:
    assert [way.key for kind in ("sms", "email", "outbox") if (way := way_of(kind))] == ["outbox"] * 3


def test_of_several_of_a_kind_the_first_by_key_and_the_next_when_that_is_off() -> None:
    put("b_gateway", "sms", SMS)
    put("a_gateway", "sms", SMS)
    assert way_of("sms") == ways.Way("a_gateway", setup_of(Channel.objects.get(key="a_gateway")), "sms")
    switch_channel("a_gateway", is_active=False, by=BY, now=NOW)
    way = way_of("sms")
    assert way is not None
    assert way.key == "b_gateway"


def test_once_something_is_set_up_a_kind_without_a_channel_has_no_way() -> None:
    put("gateway", "sms", SMS)
    assert way_of("email") is None
    way = way_of("outbox")
    assert way is not None
    assert way.key == "outbox"


def test_an_outbox_set_up_on_purpose_takes_what_has_no_channel_of_its_own() -> None:
    put("gateway", "sms", SMS)
    put("file", "outbox", {})
    way = way_of("email")
    assert way is not None
    assert way.key == "file"


def test_a_channel_that_is_not_there_cannot_be_switched() -> None:
    with pytest.raises(NotFound):
        switch_channel("nothing", is_active=True, by=BY, now=NOW)


def test_settings_are_sealed_anew_with_the_newest_key(settings: Settings) -> None:
    put("gateway", "sms", SMS)
    try:
        settings.DATA_KEYS = [("new", bytes(range(32))), *settings.DATA_KEYS]
        ways.vault.cache_clear()
        assert reseal_channels() == 1
        sealed = Channel.objects.get().settings_sealed
        assert sealed is not None
        assert ways.vault().key_id(bytes(sealed)) == "new"
        assert isinstance(setup_of(Channel.objects.get()), SmsSetup)
    finally:
        ways.vault.cache_clear()


def test_a_host_that_the_operator_no_longer_allows_breaks_the_channel_visibly(settings: Settings) -> None:
    settings.PRIVATE_GATEWAYS = ("sms.internal",)
    put("gateway", "sms", SMS | {"url": "http://sms.internal/send"})
    settings.PRIVATE_GATEWAYS = ()
    (card,) = [card for card in channels(now=NOW) if card.key == "gateway"]
    assert (card.state, card.settings) == ("broken", {})
