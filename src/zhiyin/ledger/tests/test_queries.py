"""What happened, as screens and quotas ask for it; and one parameter for many values on either database."""

from datetime import timedelta
from uuid import UUID

import pytest

from zhiyin.ledger import chain
from zhiyin.ledger.bulk import as_json, insert_rows
from zhiyin.ledger.models import Anchor, Event, IntakeKey
from zhiyin.ledger.queries import count_since, events, events_about, sealed_after
from zhiyin.ledger.testing import NOW, write

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_events_come_newest_first_with_one_more_than_asked_for():
    ids = write(5)
    assert [card.id for card in events(limit=3)] == ids[:0:-1]
    assert [card.id for card in events(before=ids[2], limit=3)] == [ids[1], ids[0]]


@pytest.mark.parametrize(
    ("where", "count"),
    [({"kind": "test.happened"}, 3), ({"subject": "case:1"}, 1), ({"actor": "system:test"}, 3), ({"kind": "x"}, 0)],
)
def test_events_are_found_by_kind_subject_and_actor(where, count):
    write(1, subject="case:1")
    write(2, subject="case:2")
    assert len(events(**where)) == count


def test_events_about_something_stand_in_the_order_in_which_they_happened():
    first, *_, last = write(2, subject="case:1") + write(1, subject="case:2") + write(1, subject="customer:3")
    assert [card.id for card in events_about(["customer:3", "case:1"])][:1] == [first]
    assert [card.id for card in events_about(["customer:3"])] == [last]


def test_count_since_counts_what_is_younger_than_the_moment():
    write(2, subject="case:1", now=NOW - MINUTE)
    write(3, subject="case:1", now=NOW)
    write(1, subject="case:2", now=NOW)
    assert count_since(NOW - MINUTE, subject="case:1") == 3
    assert count_since(NOW - 2 * MINUTE, subject="case:1", kind="test.happened", actor="system:test") == 5
    assert count_since(NOW - 2 * MINUTE, actor="somebody else") == 0


def test_sealed_facts_are_read_in_the_order_of_the_chain():
    write(3)
    assert sealed_after(0, limit=10) == []
    chain.seal_all()
    assert [(one.sequence, one.data["number"]) for one in sealed_after(1, limit=10)] == [(2, 1), (3, 2)]
    assert len(sealed_after(0, limit=2)) == 2


class TestAmong:
    def test_many_whole_numbers_travel_as_one_parameter(self):
        ids = write(4)
        rows = Event.objects.filter(pk__among=[*ids[1:], 7])
        assert set(rows.values_list("pk", flat=True)) == set(ids[1:])
        sql, parameters = rows.query.sql_with_params()
        assert len(parameters) == 1, sql

    def test_hashes_and_uuids_too(self):
        marks = [bytes(mark) for mark in Event.objects.filter(pk__in=write(3)).values_list("mark", flat=True)]
        assert Event.objects.filter(mark__among=marks[:2]).count() == 2
        IntakeKey.objects.create(key=UUID(int=5), target_id=1, body=UUID(int=6), at=NOW)
        assert IntakeKey.objects.filter(key__among=[UUID(int=5), UUID(int=9)]).count() == 1

    def test_none_of_nothing(self):
        write(1)
        assert not Event.objects.filter(pk__among=[]).exists()


def test_rows_go_in_with_one_statement_and_come_back_exactly(django_assert_num_queries):
    rows = [(number, NOW, b"\0\xff\n\\x" + bytes([number])) for number in range(1, 51)]
    with django_assert_num_queries(1):
        insert_rows(Anchor, ("sequence", "at", "seal"), rows)
    found = {row.sequence: (row.at, bytes(row.seal)) for row in Anchor.objects.all()}
    assert found == {number: (at, seal) for number, at, seal in rows}


def test_json_for_a_column_keeps_chinese_as_it_is():
    assert as_json({"名": ["王芳", 1]}) == '{"名":["王芳",1]}'
