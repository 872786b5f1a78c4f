"""The outbox file: whole lines, once each, and a proof afterwards."""

import errno
import fcntl
import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from zhiyin.messaging.channels import outbox as module
from zhiyin.messaging.channels.outbox import Outbox
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.rules.outcomes import Outcome, Result
from zhiyin.messaging.testing import make_envelope


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox("outbox", tmp_path / "outbox")


def send(outbox: Outbox, envelopes: Sequence[Envelope]) -> list[Outcome]:
    return outbox.send(envelopes, still_ours=lambda: {each.message_id for each in envelopes})


def lines(outbox: Outbox) -> list[dict[str, str | None]]:
    return [json.loads(line) for line in outbox.path.read_text("utf-8").splitlines()]


def test_one_line_a_message_with_the_keys_of_the_contract(outbox: Outbox) -> None:
    envelope = make_envelope(invitation_id=714)
    assert [outcome.result for outcome in send(outbox, [envelope])] == [Result.ACCEPTED]
    assert lines(outbox) == [
        {
            "to": "13800138000",
            "text": envelope.text,
            "link": envelope.link,
            "invitation": "714",
            "sent_at": "2026-11-20T02:00:00+00:00",
        }
    ]


def test_an_alert_carries_its_own_id_since_it_may_come_twice(outbox: Outbox) -> None:
    send(outbox, [make_envelope(message_id=9, to="lead@example.com", link=None)])
    (line,) = lines(outbox)
    assert (line["to"], line["link"], line["invitation"], line["message"]) == ("lead@example.com", None, None, "9")


def test_only_its_owner_can_read_the_file(outbox: Outbox) -> None:
    send(outbox, [make_envelope()])
    assert outbox.path.stat().st_mode & 0o077 == 0
    assert outbox.path.parent.stat().st_mode & 0o077 == 0


def test_what_is_no_longer_ours_is_not_written(outbox: Outbox) -> None:
    first, second = make_envelope(invitation_id=1), make_envelope(invitation_id=2)
    outcomes = outbox.send([first, second], still_ours=lambda: {second.message_id})
    assert [outcome.result for outcome in outcomes] == [Result.NOT_SENT, Result.ACCEPTED]
    assert [line["invitation"] for line in lines(outbox)] == ["2"]


def test_the_witness_tells_what_left_after_a_place_and_what_did_not(outbox: Outbox) -> None:
    send(outbox, [make_envelope(invitation_id=1)])
    place = outbox.place()
    send(outbox, [make_envelope(invitation_id=2)])
    with outbox.witness() as witness:
        assert witness is not None
        assert witness.left(place, "2") is True
        assert witness.left(place, "1") is False  # it left before: another attempt is meant
        assert witness.left(place, "3") is False


def test_the_witness_reads_on_from_earlier_places_too(outbox: Outbox) -> None:
    start = outbox.place()
    send(outbox, [make_envelope(invitation_id=1)])
    later = outbox.place()
    send(outbox, [make_envelope(invitation_id=2), make_envelope(invitation_id=1)])
    with outbox.witness() as witness:
        assert witness is not None
        assert [witness.left(later, key) for key in "123"] == [True, True, False]
        assert [witness.left(start, key) for key in "123"] == [True, True, False]


def test_a_file_that_was_moved_away_proves_nothing(outbox: Outbox) -> None:
    send(outbox, [make_envelope(invitation_id=1)])
    place = outbox.place()
    outbox.path.rename(outbox.path.with_suffix(".1"))
    send(outbox, [make_envelope(invitation_id=2)])
    with outbox.witness() as witness:
        assert witness is not None
        assert witness.left(place, "2") is None


def test_another_machines_file_proves_nothing(outbox: Outbox, tmp_path: Path) -> None:
    other = Outbox("outbox", tmp_path / "other")
    place = other.place()
    send(outbox, [make_envelope(invitation_id=1)])
    with outbox.witness() as witness:
        assert witness is not None
        assert witness.left(place, "1") is None


def test_a_torn_last_line_never_left_and_is_cut_off(outbox: Outbox) -> None:
    send(outbox, [make_envelope(invitation_id=1)])
    place = outbox.place()
    with outbox.path.open("ab") as file:
        file.write(b'{"to":"13800138000","text":"' + b"x" * 70_000)  # longer than is looked back over at once
    assert outbox.place() == place
    with outbox.witness() as witness:
        assert witness is not None
        assert witness.left(place, "2") is False
    send(outbox, [make_envelope(invitation_id=3)])
    assert [line["invitation"] for line in lines(outbox)] == ["1", "3"]


def test_a_file_of_nothing_but_a_torn_line_starts_anew(outbox: Outbox) -> None:
    outbox.path.parent.mkdir()
    outbox.path.write_bytes(b'{"to":')
    send(outbox, [make_envelope(invitation_id=3)])
    assert [line["invitation"] for line in lines(outbox)] == ["3"]


def test_somebody_elses_lines_do_not_disturb_the_witness(outbox: Outbox) -> None:
    place = outbox.place()
    outbox.path.write_bytes(b"not json\n[1]\n{}\n\xff\n")
    send(outbox, [make_envelope(invitation_id=3)])
    with outbox.witness() as witness:
        assert witness is not None
        assert witness.left(place, "3") is True


def test_while_another_process_holds_the_file_nothing_is_sent_and_nothing_said(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", timedelta(milliseconds=20))
    send(outbox, [make_envelope(invitation_id=1)])
    with outbox.path.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        (outcome,) = send(outbox, [make_envelope(invitation_id=2)])
        assert outcome.result is Result.NOT_SENT
        with outbox.witness() as witness:
            assert witness is None
    assert len(lines(outbox)) == 1


def test_a_full_disk_keeps_whole_lines_and_says_which(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    send(outbox, [make_envelope(invitation_id=1)])
    envelopes = [make_envelope(invitation_id=number) for number in (2, 3, 4)]
    real, room = os.write, [300]

    def write(file: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(file, data[: room[0]])
        room[0] -= done
        return done

    monkeypatch.setattr(os, "write", write)
    outcomes = send(outbox, envelopes)
    assert [outcome.result for outcome in outcomes] == [Result.ACCEPTED, Result.NOT_SENT, Result.NOT_SENT]
    assert "No space" in outcomes[1].detail
    assert [line["invitation"] for line in lines(outbox)] == ["1", "2"]


def test_what_the_disk_did_not_confirm_is_doubtful(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fsync)
    assert [outcome.result for outcome in send(outbox, [make_envelope()])] == [Result.DOUBTFUL]


def test_a_folder_that_cannot_be_written_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    outbox = Outbox("outbox", tmp_path / "outbox")
    (outcome,) = send(outbox, [make_envelope()])
    assert outcome.result is Result.NOT_SENT


def test_hidden_newlines_in_a_text_stay_inside_its_line(outbox: Outbox) -> None:
    send(outbox, [make_envelope(text="one\ntwo\u2028three\x85\ud800", invitation_id=5)])
    assert len(outbox.path.read_text("utf-8").splitlines()) == 1
    assert json.loads(outbox.path.read_bytes())["invitation"] == "5"
