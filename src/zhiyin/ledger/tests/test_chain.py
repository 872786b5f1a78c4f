"""The chain is sound when nobody touched it, and names the first bad row when somebody did."""

import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from django.db import connection, transaction
from django.db.models import F

from tests.threads import together
from zhiyin.ledger import chain
from zhiyin.ledger.models import Anchor, Event, Head
from zhiyin.ledger.record import record
from zhiyin.ledger.testing import NOW, Happened, Somebody, write

ROWS = 12
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def sealed() -> int:
    """A chain of twelve rows."""
    write(ROWS, subject="case:1", unit_id=3)
    assert chain.seal_all() == ROWS
    return ROWS


def change(place: int, **values: object) -> None:
    assert Event.objects.filter(sequence=place).update(**values) == 1


def fault() -> str:
    return chain.verify().fault


class TestSealing:
    def test_an_empty_ledger_is_sound(self):
        verdict = chain.verify()
        assert (verdict.is_sound, verdict.rows, verdict.pending) == (True, 0, 0)
        assert chain.seal_all() == 0

    def test_rows_are_chained_in_the_order_of_their_ids(self, sealed):
        rows = list(Event.objects.order_by("sequence").values_list("sequence", "id"))
        assert [sequence for sequence, _ in rows] == list(range(1, ROWS + 1))
        assert [key for _, key in rows] == sorted(key for _, key in rows)
        verdict = chain.verify()
        assert (verdict.is_sound, verdict.rows, verdict.pending) == (True, ROWS, 0)

    def test_the_chain_goes_on_where_it_stopped(self, sealed):
        write(5)
        assert chain.verify().pending == 5
        assert chain.seal_pending(limit=2) == 2
        assert chain.seal_all() == 3
        verdict = chain.verify()
        assert (verdict.is_sound, verdict.rows, verdict.pending) == (True, ROWS + 5, 0)

    def test_whatever_json_brings_verifies_after_the_way_through_the_database(self):
        odd = {"b": [1, 2.5, None, True, "名\u3000😀"], "a": {"z": -0.5, "y": 2**53 + 1, "x": ""}, "é": "e\u0301"}
        with transaction.atomic():
            record(Happened(1, "龘", odd), by=Somebody("staff:12"), now=NOW + timedelta(microseconds=123456))
        chain.seal_all()
        assert fault() == ""

    def test_delivering_a_fact_does_not_touch_its_evidence(self, sealed):
        Event.objects.update(wants_delivery=False)
        assert fault() == ""


class TestTampering:
    @pytest.mark.parametrize("sequence", [1, 7, ROWS])
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("at", NOW + timedelta(microseconds=1)),
            ("kind", "test.invented"),
            ("actor", "staff:99"),
            ("subject", "case:2"),
            ("unit_id", 4),
            ("unit_id", None),
            ("data", {"number": 1, "note": "别的", "details": {}}),
            ("mark", b"\0" * 32),
        ],
    )
    def test_a_changed_column_is_found_at_its_row(self, sealed, sequence, column, value):
        change(sequence, **{column: value})
        assert fault().startswith(f"sequence {sequence} (event ")
        assert "its content was changed" in fault()

    def test_a_changed_seal_is_found_at_its_row(self, sealed):
        change(7, seal=b"\0" * 32)
        assert fault().startswith("sequence 7 (event ")

    def test_a_changed_id_is_found_at_its_row(self, sealed):
        change(7, id=F("id") + 2**40)
        assert fault().startswith("sequence 7 (event ")

    def test_a_row_taken_out_of_the_order_leaves_a_hole(self, sealed):
        change(7, sequence=None, seal=None)
        assert fault().startswith("sequence 7: the row is missing")

    @pytest.mark.parametrize("sequence", [1, 7, ROWS - 1])
    def test_a_deleted_row_is_named(self, sealed, sequence):
        Event.objects.filter(sequence=sequence).delete()
        assert fault() == f"sequence {sequence}: the row is missing, the next one there is {sequence + 1}"

    @pytest.mark.parametrize("left", [ROWS - 1, 5, 0])
    def test_a_cut_tail_is_named_without_any_anchor(self, sealed, left):
        Event.objects.filter(sequence__gt=left).delete()
        assert fault() == f"sequence {left + 1}: the tail was cut, the chain reached {ROWS}"

    def test_closing_the_hole_behind_a_deleted_row_is_found(self, sealed):
        Event.objects.filter(sequence=7).delete()
        for row in Event.objects.filter(sequence__gt=7).order_by("sequence"):
            Event.objects.filter(pk=row.pk).update(sequence=F("sequence") - 1)
        assert fault().startswith("sequence 7 (event ")

    def test_two_swapped_rows_are_found_at_the_first_one(self, sealed):
        swap(4, 9, "sequence")
        assert fault().startswith("sequence 4 (event ")

    def test_two_rows_with_swapped_content_are_found_at_the_first_one(self, sealed):
        swap(4, 9, "data")
        assert fault().startswith("sequence 4 (event ")

    def test_a_row_inserted_at_the_end_without_the_key_is_found(self, sealed):
        forge(ROWS + 1)
        assert fault().startswith(f"sequence {ROWS + 1} (event ")

    def test_a_row_inserted_before_the_beginning_is_found(self, sealed):
        forge(0)
        assert fault().startswith("sequence 0 (event ")
        assert "before the beginning" in fault()

    def test_a_row_slipped_in_among_the_unsealed_ones_is_found(self, sealed):
        forge(None)
        assert "(not yet sealed): its content does not fit its mark" in fault()

    def test_a_chain_rewritten_from_a_row_on_without_the_key_is_found_there(self, sealed):
        rewrite(from_sequence=5, key=b"not the key")
        assert fault().startswith("sequence 5 (event ")

    def test_a_head_put_back_without_the_key_is_found(self, sealed):
        last = Event.objects.get(sequence=8)
        Event.objects.filter(sequence__gt=8).delete()
        Head.objects.update(sequence=8, seal=last.seal)
        assert fault() == "sequence 8: the head of the chain was changed"

    def test_a_removed_head_is_found(self, sealed):
        Head.objects.all().delete()
        assert fault() == f"sequence {ROWS}: the head of the chain was removed"

    def test_the_first_of_several_faults_is_the_one_named(self, sealed):
        change(9, actor="staff:99")
        change(3, actor="staff:99")
        Event.objects.filter(sequence=11).delete()
        assert fault().startswith("sequence 3 (event ")


class TestAnchors:
    def test_an_anchor_stands_in_the_database_and_in_a_file(self, sealed, data_dir):
        assert chain.anchor(now=NOW)
        (noted,) = map(json.loads, chain.anchor_file().read_text("utf-8").splitlines())
        assert noted == {"sequence": ROWS, "at": NOW.isoformat(), "seal": bytes(Anchor.objects.get().seal).hex()}
        assert chain.anchor_file().parent == data_dir
        assert fault() == ""

    def test_the_same_place_is_anchored_once(self, sealed):
        assert chain.anchor(now=NOW)
        assert not chain.anchor(now=NOW)

    def test_an_empty_chain_needs_no_anchor(self):
        assert not chain.anchor(now=NOW)
        assert not chain.anchor_file().exists()

    def test_the_file_finds_a_tail_cut_together_with_an_old_head(self, sealed):
        old = Head.objects.get()
        write(3)
        chain.seal_all()
        chain.anchor(now=NOW)
        Event.objects.filter(sequence__gt=ROWS).delete()
        Anchor.objects.all().delete()
        old.save()  # kept from before, with its true mark
        assert fault() == f"sequence {ROWS + 1}: the tail was cut, the chain once reached {ROWS + 3}"

    def test_a_chain_rewritten_by_somebody_with_the_key_differs_from_its_anchor(self, sealed):
        chain.anchor(now=NOW)
        change(5, actor="staff:99")
        rewrite(from_sequence=5, key=chain._key())
        assert fault().startswith(f"sequence {ROWS} (event ")
        assert "not the one that was anchored here" in fault()

    def test_an_edited_anchor_is_found(self, sealed):
        chain.anchor(now=NOW)
        Anchor.objects.update(seal=b"\0" * 32)
        assert "not the one that was anchored here" in fault()

    def test_a_spoilt_line_in_the_file_is_named(self, sealed):
        chain.anchor(now=NOW)
        with chain.anchor_file().open("a", encoding="utf-8") as file:
            file.write("no anchor\n")
        assert fault() == "ledger-anchors.ndjson line 2: this is no anchor"


ATTACKS: list[Callable[[Random, int], int]] = []


def attack(act: Callable[[Random, int], int]) -> Callable[[Random, int], int]:
    """One kind of tampering with a chain of so many rows; answers at which sequence it shows."""
    ATTACKS.append(act)
    return act


@attack
def edit_a_column(dice: Random, rows: int) -> int:
    place = dice.randint(1, rows)
    column = dice.choice(("at", "kind", "actor", "subject", "unit_id", "data", "mark", "seal", "id"))
    value: object = {
        "at": NOW + timedelta(microseconds=dice.randint(1, 10**9)),
        "unit_id": dice.randint(100, 200),
        "data": {"number": dice.randint(100, 10**6), "note": "", "details": {}},
        "mark": dice.randbytes(32),
        "seal": dice.randbytes(32),
        "id": F("id") + dice.randint(1, 10**6) * 2**40,
    }.get(column, f"forged:{dice.randint(0, 10**6)}")
    change(place, **{column: value})
    return place


@attack
def delete_a_row(dice: Random, rows: int) -> int:
    place = dice.randint(1, rows)
    Event.objects.filter(sequence=place).delete()
    return place


@attack
def insert_a_row(dice: Random, rows: int) -> int:
    place = dice.choice((rows + 1, 0, -dice.randint(1, 99)))
    forge(place, dice)
    return place


@attack
def swap_two_rows(dice: Random, rows: int) -> int:
    first, second = sorted(dice.sample(range(1, rows + 1), 2))
    swap(first, second, dice.choice(("data", "sequence")))
    return first


@attack
def cut_the_tail(dice: Random, rows: int) -> int:
    left = dice.randint(0, rows - 1)
    Event.objects.filter(sequence__gt=left).delete()
    return left + 1


@attack
def rewrite_the_rest(dice: Random, rows: int) -> int:
    place = dice.randint(1, rows)
    change(place, actor=f"forged:{dice.randint(0, 10**6)}")
    rewrite(from_sequence=place, key=dice.randbytes(32))
    return place


@attack
def close_the_hole(dice: Random, rows: int) -> int:
    place = dice.randint(1, rows - 1)
    Event.objects.filter(sequence=place).delete()
    for row in Event.objects.filter(sequence__gt=place).order_by("sequence"):
        Event.objects.filter(pk=row.pk).update(sequence=F("sequence") - 1)
    return place


def test_five_hundred_random_tamperings_are_each_found_at_the_first_bad_row():
    write(ROWS, subject="case:1", unit_id=3)
    chain.seal_all()
    dice = Random(20261120)
    for number in range(500):
        act = ATTACKS[number % len(ATTACKS)]
        with transaction.atomic():
            place = act(dice, ROWS)
            found = fault()
            transaction.set_rollback(True)
        assert found.startswith((f"sequence {place} ", f"sequence {place}:")), (number, act.__name__, place, found)
    assert fault() == ""


@pytest.mark.django_db(transaction=True)
def test_four_workers_that_seal_at_once_leave_one_unbroken_chain():
    for _ in range(5):
        writing: list[Callable[[], object]] = [lambda: write(40)] * 2
        together([*writing, *[lambda: [chain.seal_pending(limit=15) for _ in range(4)]] * 4])
    chain.seal_all()
    verdict = chain.verify()
    assert (verdict.fault, verdict.rows, verdict.pending) == ("", 400, 0)


@pytest.mark.django_db(transaction=True)
def test_a_check_beside_a_running_sealer_raises_no_false_alarm():
    write(200)

    def seal() -> list[str]:
        return [str(chain.seal_pending(limit=4)) for _ in range(50)]

    def check() -> list[str]:
        return [fault() for _ in range(15)]

    checked = together([seal, check, check])[1:]
    assert {found for each in checked for found in each} == {""}


def swap(first: int, second: int, column: str) -> None:
    """Give two rows each other's place or content."""
    if column == "data":
        one, two = (Event.objects.values_list("pk", "data").get(sequence=place) for place in (first, second))
        Event.objects.filter(pk=one[0]).update(data=two[1])
        Event.objects.filter(pk=two[0]).update(data=one[1])
        return
    Event.objects.filter(sequence=first).update(sequence=-1)
    Event.objects.filter(sequence=second).update(sequence=first)
    Event.objects.filter(sequence=-1).update(sequence=second)


def forge(sequence: int | None, dice: Random | None = None) -> None:
    """A row of somebody who has the table and not the key."""
    dice = dice or Random(7)
    last = Event.objects.order_by("-id").values_list("id", flat=True)[0]
    Event.objects.create(
        id=last + dice.randint(1, 10**9),
        at=NOW,
        kind="test.happened",
        actor="staff:1",
        subject="case:1",
        data={"number": 3},
        mark=dice.randbytes(32),
        sequence=sequence,
        seal=None if sequence is None else dice.randbytes(32),
    )


def rewrite(*, from_sequence: int, key: bytes) -> None:
    """Mark and seal every row from there on with some key, and make head and chain agree."""
    earlier = Event.objects.filter(sequence=from_sequence - 1).values_list("seal", flat=True).first()
    seal = bytes(earlier) if earlier else chain.START
    for row in Event.objects.filter(sequence__gte=from_sequence).order_by("sequence"):
        content = [row.id, row.at, row.kind, row.actor, row.subject, row.unit_id, row.data]
        row_mark = hmac.digest(key, chain.canonical(content), "sha256")
        assert row.sequence is not None
        seal = hmac.digest(key, seal + row.sequence.to_bytes(8, "big") + row_mark, "sha256")
        Event.objects.filter(pk=row.pk).update(mark=row_mark, seal=seal)
    head = hmac.digest(key, b"head" + ROWS.to_bytes(8, "big") + seal, "sha256")
    Head.objects.update(seal=seal, mark=head)


def test_the_database_holds_moments_exactly():
    """What the marks rest on: a moment comes back to the microsecond on either database."""
    write(1, now=NOW + timedelta(microseconds=999_999))
    assert Event.objects.get().at == NOW + timedelta(microseconds=999_999)
    assert connection.vendor in ("sqlite", "postgresql")
