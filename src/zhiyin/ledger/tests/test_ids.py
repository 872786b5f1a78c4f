"""No two processes ever make the same id, also when the transaction that leased a node number is rolled back."""

import os

import pytest
from django.db import transaction

from tests.threads import together
from zhiyin.ledger import ids
from zhiyin.ledger.models import Node
from zhiyin.ledger.testing import NOW
from zhiyin.lib.ids import NODE_BITS, SEQUENCE_BITS


class Undone(Exception):
    pass


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    """As if this process had made no id yet."""
    monkeypatch.setattr(ids, "_makers", {})
    monkeypatch.setattr(ids, "_trial", ids._Trial())


def node_of(identifier: int) -> int:
    return identifier >> SEQUENCE_BITS & ((1 << NODE_BITS) - 1)


@pytest.mark.django_db(transaction=True)
class TestLeasing:
    def test_a_process_leases_one_number_and_keeps_it(self):
        first, second = ids.new_id(now=NOW), ids.new_id(now=NOW)
        assert first < second
        assert Node.objects.count() == 1
        assert node_of(first) == node_of(second) == Node.objects.get().pk % (1 << NODE_BITS)

    def test_within_a_transaction_too(self):
        with transaction.atomic():
            made = [ids.new_id(now=NOW) for _ in range(3)]
        made.append(ids.new_id(now=NOW))
        assert len({node_of(one) for one in made}) == Node.objects.count() == 1

    def test_a_number_whose_lease_was_rolled_back_is_not_used_again(self):
        """SQLite gives the number of a row that was rolled back to the next row: to another process, perhaps."""
        with pytest.raises(Undone), transaction.atomic():
            ids.new_id(now=NOW)
            raise Undone
        assert Node.objects.count() == 0
        made = ids.new_id(now=NOW)
        assert node_of(made) == Node.objects.get().pk % (1 << NODE_BITS)

    def test_a_rolled_back_savepoint_takes_its_lease_along(self):
        with transaction.atomic():
            with pytest.raises(Undone), transaction.atomic():
                ids.new_id(now=NOW)
                raise Undone
            made = ids.new_id(now=NOW)
        assert [node_of(made)] == [pk % (1 << NODE_BITS) for pk in Node.objects.values_list("pk", flat=True)]

    def test_a_forked_process_leases_its_own(self, monkeypatch):
        mine = ids.new_id(now=NOW)
        monkeypatch.setattr(os, "getpid", lambda: -1)
        assert node_of(ids.new_id(now=NOW)) != node_of(mine)

    def test_threads_of_one_process_never_make_the_same_id(self):
        made = together([lambda: [one for _ in range(50) for one in ids.new_ids(20, now=NOW)]] * 8)
        assert len({one for each in made for one in each}) == 8 * 50 * 20
