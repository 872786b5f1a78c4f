"""SMPP both ways: what the provider says, what is heard on the session, and what a broken one proves."""

import logging
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from zhiyin.messaging.channels.smpp import Smpp, SmppEar, SmppSetup, codes, listening
from zhiyin.messaging.channels.smpp.reading import signal_of
from zhiyin.messaging.channels.smpp.texts import parts_of
from zhiyin.messaging.rules.hearing import Broken
from zhiyin.messaging.rules.outcomes import Result
from zhiyin.messaging.rules.setups import read_setup
from zhiyin.messaging.rules.signals import Delivery, Receipt, Signal, Uplink
from zhiyin.messaging.simulator.faults import Rule
from zhiyin.messaging.simulator.server import Simulator
from zhiyin.messaging.testing import NOW, make_envelope
from zhiyin.messaging.tests.test_clouds import HOSTS, SMPP


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        running.world.receipt_after = 0.05
        yield running
    for ear in list(listening._open.values()):
        ear.session.drop()
    listening._open.clear()
    listening._heard.clear()


def setup_of(simulator: Simulator, **changes: Any) -> SmppSetup:
    return read_setup(SmppSetup, SMPP | {"port": simulator.smpp_port, "timeout": 1} | changes, private_hosts=HOSTS)


def send(simulator: Simulator, *texts: str, **changes: Any) -> list[Any]:
    sender = Smpp("carrier", setup_of(simulator, **changes), private_hosts=HOSTS)
    envelopes = [make_envelope(text=text) for text in texts]
    outcomes = sender.send(envelopes, still_ours=lambda: {each.message_id for each in envelopes})
    sender.close()
    return outcomes


def hear(ear: SmppEar, *, until: int = 1) -> list[Signal]:
    """What the ear hears until it is so much, for two seconds at most."""
    found: list[Signal] = []
    ends = time.monotonic() + 3
    while len(found) < until and time.monotonic() < ends:
        found += ear.listen(NOW)
    return found


class TestHearing:
    def test_receipts_and_replies_come_on_the_session(self, simulator):
        ear = SmppEar("carrier", setup_of(simulator), private_hosts=HOSTS)
        assert ear.pull([], now=NOW) == []
        (outcome,) = send(simulator, "【云桥】满意吗？", binding="separate")
        (receipt,) = hear(ear)
        assert isinstance(receipt, Receipt)
        assert (receipt.provider_id, receipt.delivery) == (outcome.provider_id, Delivery.DELIVERED)
        assert receipt.to == "+8613800138000"
        assert simulator.pushes.reply("13800138000", "退订")
        (reply,) = hear(ear)
        assert isinstance(reply, Uplink)
        assert (reply.sender, reply.text, reply.extension) == ("+8613800138000", "退订", "1069")
        ear.hang_up()

    def test_what_was_not_stored_comes_again(self, simulator):
        """An ear that dies between hearing and storing: the provider repeats it, and it is the same signal."""
        ear = SmppEar("carrier", setup_of(simulator), private_hosts=HOSTS)
        ear.listen(NOW)
        send(simulator, "x", binding="separate")
        first = hear(ear)
        listening._open["carrier"].session.drop()  # killed
        listening._open.clear()
        assert hear(SmppEar("carrier", setup_of(simulator), private_hosts=HOSTS)) == first

    def test_what_was_stored_does_not(self, simulator):
        ear = SmppEar("carrier", setup_of(simulator), private_hosts=HOSTS)
        ear.listen(NOW)
        send(simulator, "x", binding="separate")
        assert len(hear(ear)) == 1
        assert ear.listen(NOW) == []  # comes back for more, which acknowledges
        ear.hang_up()
        assert hear(SmppEar("carrier", setup_of(simulator), private_hosts=HOSTS)) == []

    def test_what_comes_while_messages_are_sent_is_handed_on_and_repeated(self, simulator):
        simulator.world.rules.append(Rule("*", "receipt_early"))
        (outcome,) = send(simulator, "x")  # one session for both ways
        found = hear(SmppEar("carrier", setup_of(simulator), private_hosts=HOSTS), until=2)
        assert {each.provider_id for each in found if isinstance(each, Receipt)} == {outcome.provider_id}

    def test_a_provider_that_restarts_is_heard_again(self, simulator):
        ear = SmppEar("carrier", setup_of(simulator), private_hosts=HOSTS)
        ear.listen(NOW)
        simulator.smpp.hang_up()
        send(simulator, "x", binding="separate")
        assert len(hear(ear)) == 1

    def test_new_settings_make_a_new_session(self, simulator):
        SmppEar("carrier", setup_of(simulator), private_hosts=HOSTS).listen(NOW)
        before = listening._open["carrier"].session
        SmppEar("carrier", setup_of(simulator, timeout=2), private_hosts=HOSTS).listen(NOW)
        assert listening._open["carrier"].session is not before

    def test_a_provider_that_is_away_says_nothing(self):
        setup = read_setup(SmppSetup, SMPP | {"port": 1, "timeout": 1}, private_hosts=HOSTS)
        assert SmppEar("carrier", setup, private_hosts=HOSTS).listen(NOW) == []


class TestSending:
    def test_the_session_is_kept_for_the_next_message(self, simulator):
        sender = Smpp("carrier", setup_of(simulator), private_hosts=HOSTS)
        for _ in range(3):
            envelope = make_envelope()
            (outcome,) = sender.send([envelope], still_ours=lambda: {envelope.message_id})  # noqa: B023
            assert outcome.result is Result.ACCEPTED
            session = sender._session
        assert session is sender._session is not None
        sender.close()

    def test_an_old_session_is_asked_before_a_message_is_put_at_risk(self, simulator):
        sender = Smpp("carrier", setup_of(simulator), private_hosts=HOSTS)
        envelopes = [make_envelope(), make_envelope()]
        sender.send(envelopes[:1], still_ours=lambda: {envelopes[0].message_id})
        assert sender._session is not None
        sender._session.used_at -= 60
        simulator.smpp.hang_up()
        (outcome,) = sender.send(envelopes[1:], still_ours=lambda: {envelopes[1].message_id})
        sender.close()
        assert outcome.result is Result.ACCEPTED

    def test_a_part_that_may_be_there_makes_the_whole_doubtful(self, simulator):
        simulator.world.rules.append(Rule("*", "throttled", times=1))
        (outcome,) = send(simulator, "满" * 200)
        assert outcome.result is Result.DOUBTFUL
        simulator.world.rules.append(Rule("*", "throttled"))
        (outcome,) = send(simulator, "满" * 200)
        assert outcome.result is Result.LATER

    def test_a_line_that_breaks_leaves_the_rest_unsent(self, simulator):
        simulator.world.rules.append(Rule("*", "reset_after", times=1))
        first, second = send(simulator, "one", "two")
        assert (first.result, second.result) == (Result.DOUBTFUL, Result.ACCEPTED)

    def test_no_number_and_no_password_in_any_log(self, simulator, caplog):
        caplog.set_level(logging.DEBUG)
        send(simulator, "【云桥】满意吗？")
        for secret in ("13800138000", "3133383030", "smpp-pw", "736d70702d7077"):
            assert secret not in caplog.text


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "coding", "parts"),
        [("a" * 160, 0, 1), ("a" * 161, 0, 2), ("满" * 70, 8, 1), ("满" * 71, 8, 2), ("@", 8, 1), ("€", 8, 1)],
    )
    def test_how_many_parts(self, text, coding, parts):
        found = parts_of(text, long_texts="udh", reference=1)
        assert ([each.fields["data_coding"] for each in found]) == [coding] * parts
        assert all(len(each.fields["short_message"]) <= 160 for each in found)

    def test_no_character_is_cut_in_two(self):
        for before in range(66, 69):
            found = parts_of("满" * before + "😀" * 20, long_texts="sar", reference=1)
            for part in found:
                part.fields["short_message"].decode("utf-16-be")


@pytest.mark.parametrize(
    ("command", "status", "message_id", "result"),
    [
        ("submit_sm_resp", 0, b"m1\0", Result.ACCEPTED),
        ("submit_sm_resp", 0, b"", Result.DOUBTFUL),
        ("submit_sm_resp", 0x58, b"", Result.LATER),
        ("submit_sm_resp", 0x14, b"", Result.LATER),
        ("submit_sm_resp", 0x08, b"", Result.DOUBTFUL),
        ("submit_sm_resp", 0x0B, b"", Result.REFUSED),
        ("submit_sm_resp", 0x0A, b"", Result.NOT_SENT),
        ("submit_sm_resp", 0x45, b"", Result.REFUSED),
        ("submit_sm_resp", 0x401, b"", Result.DOUBTFUL),
        ("generic_nack", 0x58, b"", Result.LATER),
        ("generic_nack", 0x02, b"", Result.REFUSED),
    ],
)
def test_what_a_status_proves(command, status, message_id, result):
    pdu = SimpleNamespace(command=command, status=status, message_id=message_id)
    assert codes.outcome_of(pdu, now=NOW).result is result


def pdu_of(body: bytes, **changes: Any) -> Any:
    fields = {"short_message": body, "esm_class": 0, "data_coding": 0, "source_addr": b"8613800138000"}
    return SimpleNamespace(**{**fields, "destination_addr": b"1069", **changes})


class TestReading:
    @pytest.mark.parametrize(
        ("text", "changes", "provider_id", "delivery"),
        [
            (b"id:s1 sub:001 stat:DELIVRD err:000 text:id:x", {}, "s1", Delivery.DELIVERED),
            (b"stat:UNDELIV err:12 id:s1", {}, "s1", Delivery.FAILED),
            (b"ID: s1 STAT: expired", {}, "s1", Delivery.FAILED),
            (b"id:s1 stat:ENROUTE", {}, "s1", Delivery.ACCEPTED),
            (b"id:s1 stat:UNKNOWN", {}, "s1", Delivery.UNREAD),
            (b"id:s1", {}, "s1", Delivery.UNREAD),
            (b"", {"receipted_message_id": b"s2\0", "message_state": 2}, "s2", Delivery.DELIVERED),
            (b"id:s1 stat:DELIVRD", {"receipted_message_id": b"s2\0", "message_state": 5}, "s2", Delivery.FAILED),
            (b"", {"message_payload": b"id:s3 stat:DELIVRD"}, "s3", Delivery.DELIVERED),
        ],
    )
    def test_a_receipt_however_it_is_spelled(self, text, changes, provider_id, delivery):
        found = signal_of(pdu_of(text, esm_class=4, **changes), now=NOW)
        assert isinstance(found, Receipt)
        assert (found.provider_id, found.delivery) == (provider_id, delivery)

    def test_when_it_was_done(self):
        found = signal_of(pdu_of(b"id:s1 stat:DELIVRD done date:2611200959 err:0", esm_class=4), now=NOW)
        assert found.at is not None
        assert found.at.isoformat() == "2026-11-20T01:59:00+00:00"

    @pytest.mark.parametrize(
        ("body", "changes", "text", "piece"),
        [
            (b"R", {}, "R", (0, 0, "")),
            ("退订".encode("utf-16-be"), {"data_coding": 8}, "退订", (0, 0, "")),
            (b"R\0", {"data_coding": 3}, "R", (0, 0, "")),
            (b"\x05\x00\x03\x2a\x02\x01T", {"esm_class": 0x40}, "T", (1, 2, "2a")),
            (b"\x06\x08\x04\x01\x2a\x02\x02D", {"esm_class": 0x40}, "D", (2, 2, "012a")),
            (
                b"D",
                {"sar_total_segments": 2, "sar_segment_seqnum": 2, "sar_msg_ref_num": 7},
                "D",
                (2, 2, "7"),
            ),  # G64: joined where all parts are known
            (b"", {"message_payload": b"N"}, "N", (0, 0, "")),
        ],
    )
    def test_a_reply_in_parts_or_whole(self, body, changes, text, piece):
        found = signal_of(pdu_of(body, **changes), now=NOW)
        assert isinstance(found, Uplink)
        assert (found.text, (found.part, found.parts, found.reference)) == (text, piece)

    @pytest.mark.parametrize(
        "pdu",
        [
            pdu_of(b"stat:DELIVRD", esm_class=4),
            pdu_of(b"R", source_addr=b"carrier"),
            pdu_of(b"", esm_class=0x40),
            pdu_of(b"\xff\x00", esm_class=0x40),
        ],
    )
    def test_what_nobody_can_use(self, pdu):
        with pytest.raises(Broken):
            signal_of(pdu, now=NOW)
