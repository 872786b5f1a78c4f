"""Which channel takes what, how many in a second, and what its gateway calls back."""

from datetime import timedelta
from typing import Any

import pytest

from zhiyin.messaging.actions import ChannelGiven, InvalidSetup, set_up_channel, switch_channel
from zhiyin.messaging.actions.setting_up import _SENTENCES
from zhiyin.messaging.channels.registry import ASKED_FOR, DIALECTS, LISTED, carried_by, setup_class
from zhiyin.messaging.models import Channel
from zhiyin.messaging.queries import channels
from zhiyin.messaging.rules.setups import BadSetup, Setup
from zhiyin.messaging.rules.signals import Callback, Unverified
from zhiyin.messaging.testing import BY, NOW, make_messages, messages
from zhiyin.messaging.tests.test_clouds import ALIYUN, HUAWEI
from zhiyin.messaging.ways import callback_address, puller_of, receiver_of, way_of

pytestmark = pytest.mark.django_db


def put(key: str, kind: str, settings: dict[str, Any], **changes: Any) -> None:
    set_up_channel(ChannelGiven(key=key, kind=kind, settings=settings, **changes), by=BY, now=NOW)


class TestDialects:
    def test_each_has_a_name_of_its_own_and_carries_something(self):
        assert len(DIALECTS) == len(LISTED)
        assert all(each.carries and str(each.label) and issubclass(each.setup, Setup) for each in LISTED)
        assert ASKED_FOR[:2] == ("sms", "email")

    def test_what_is_secret_is_a_setting(self):
        for each in LISTED:
            names = set(each.setup.__dataclass_fields__)
            assert names >= each.setup.SECRET | each.setup.REQUIRED

    def test_any_dialect_of_sms_carries_sms_the_first_by_name(self):
        put("b_cloud", "aliyun", ALIYUN)
        put("a_cloud", "huawei", HUAWEI)
        way = way_of("sms")
        assert way is not None
        assert (way.key, way.kind) == ("a_cloud", "huawei")
        assert way_of("email") is None
        switch_channel("a_cloud", is_active=False, by=BY, now=NOW)
        way = way_of("sms")
        assert way is not None
        assert way.key == "b_cloud"

    def test_a_kind_that_this_version_does_not_know_carries_nothing_and_is_told(self):
        put("cloud", "aliyun", ALIYUN)
        Channel.objects.update(kind="pigeon")
        assert carried_by("pigeon") == ()
        assert way_of("sms") is None
        (card,) = [card for card in channels(now=NOW) if card.key == "cloud"]
        assert card.state == "broken"
        assert receiver_of("cloud") is puller_of("cloud") is None
        with pytest.raises(BadSetup):
            setup_class("pigeon")
        with pytest.raises(InvalidSetup):
            put("other", "pigeon", {})

    @pytest.mark.parametrize("code", _SENTENCES)
    def test_every_fault_is_a_sentence_that_names_its_field_or_the_thing(self, code):
        assert len(_SENTENCES[code]() % {"field": "Field"}) > 5


class TestRate:
    def test_what_every_worker_sent_within_the_second_is_counted(self):
        put("cloud", "aliyun", ALIYUN | {"per_second": 3})
        way = way_of("sms")
        assert way is not None
        assert way.room(NOW) == 3
        ids = make_messages(5)
        messages(pk__in=ids[:2]).update(state="sent", via="cloud", sent_at=NOW - timedelta(milliseconds=500))
        messages(pk=ids[2]).update(state="sent", via="cloud", sent_at=NOW - timedelta(seconds=1))
        messages(pk=ids[3]).update(state="sent", via="another", sent_at=NOW)
        assert way.room(NOW) == 1
        messages(pk__in=ids).update(state="sent", via="cloud", sent_at=NOW)
        assert way.room(NOW) == 0

    def test_without_a_setting_there_is_room_for_any_number(self):
        put("cloud", "aliyun", ALIYUN)
        way = way_of("sms")
        assert way is not None
        assert way.room(NOW) is None


class TestCallbacks:
    def call(self, key: str, secret: str, body: bytes = b"[]") -> Any:
        receiver = receiver_of(key)
        assert receiver is not None
        call = Callback(method="POST", query={}, headers={}, body=body, remote="203.0.113.9", now=NOW, secret=secret)
        return receiver.hear(call)

    def secret(self, key: str) -> str:
        return callback_address(key).rstrip("/").rpartition("/")[2]

    def test_the_address_that_the_page_shows_opens_the_door_and_no_other_does(self):
        put("cloud", "aliyun", ALIYUN)
        put("other", "aliyun", ALIYUN)
        assert self.call("cloud", self.secret("cloud")).signals == []
        assert len(self.secret("cloud")) == 32
        for wrong in ("", self.secret("other"), self.secret("cloud")[:-1]):
            with pytest.raises(Unverified):
                self.call("cloud", wrong)

    def test_a_higher_number_makes_a_new_address_and_the_old_one_is_dead(self):
        put("cloud", "aliyun", ALIYUN)
        before = self.secret("cloud")
        put("cloud", "aliyun", ALIYUN | {"callback_number": 2})
        assert self.secret("cloud") != before
        with pytest.raises(Unverified):
            self.call("cloud", before)

    def test_huawei_proves_itself_by_its_signature_where_it_has_one(self):
        put("cloud", "huawei", HUAWEI)
        body = b"smsMsgId=1&status=DELIVRD"
        assert self.call("cloud", self.secret("cloud"), body).signals
        put("cloud", "huawei", HUAWEI | {"push_key": "ak", "push_secret": "sk"})
        with pytest.raises(Unverified, match="no signature"):
            self.call("cloud", self.secret("cloud"), body)

    def test_networks_hold_for_every_dialect(self):
        put("cloud", "aliyun", ALIYUN | {"callback_from": ["117.78.29.0/24"]})
        with pytest.raises(Unverified, match="foreign"):
            self.call("cloud", self.secret("cloud"))

    def test_who_is_never_called_back_has_no_address(self):
        put("file", "outbox", {})
        assert callback_address("file") == callback_address("nothing") == ""
        assert receiver_of("file") is receiver_of("nothing") is None
        assert puller_of("file") is puller_of("nothing") is None
        put("cloud", "aliyun", ALIYUN)
        assert puller_of("cloud") is not None
        Channel.objects.update(settings_sealed=b"broken")
        assert callback_address("cloud") == ""
