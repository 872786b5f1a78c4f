"""The one place where "the same again" is decided: each key has one claim that stands, whoever comes at once."""

from os import urandom

import pytest
from django.db import connection, transaction

from tests.threads import together
from zhiyin.ledger.intake import Claim, claim, find_targets
from zhiyin.ledger.models import IntakeKey
from zhiyin.ledger.testing import NOW

pytestmark = pytest.mark.django_db


def key() -> bytes:
    return urandom(16)


def claims(count: int) -> list[Claim]:
    return [Claim(key(), number, key()) for number in range(count)]


def claimed(wanted: list[Claim]) -> dict[bytes, Claim]:
    with transaction.atomic():
        return claim(wanted, now=NOW)


def test_a_new_key_is_ours():
    wanted = claims(3)
    assert claimed(wanted) == {one.key: one for one in wanted}
    assert IntakeKey.objects.filter(at=NOW).count() == 3


def test_nothing_wanted_is_nothing_claimed():
    assert claimed([]) == {}


def test_the_earlier_claim_stands():
    first, second = claims(2)
    claimed([first])
    later = Claim(first.key, 99, key())
    assert claimed([later, second]) == {first.key: first, second.key: second}


def test_targets_are_found_by_key():
    one, two = claims(2)
    claimed([one, two])
    assert find_targets([two.key, one.key, key()]) == {one.key: one.target_id, two.key: two.target_id}
    assert find_targets([]) == {}


def test_a_thousand_keys_cost_a_handful_of_statements(django_assert_max_num_queries):
    wanted = claims(1000)
    with django_assert_max_num_queries(5):
        claimed(wanted)


@pytest.mark.django_db(transaction=True)
def test_eight_threads_with_crossing_batches_agree_on_every_key():
    keys = [key() for _ in range(300)]
    batches = [[Claim(one, thread, key()) for one in keys[thread * 20 :] + keys[: thread * 10]] for thread in range(8)]
    found = together([lambda batch=batch: claimed(batch) for batch in batches])  # type: ignore[misc]
    standing = {row.key.bytes: row.target_id for row in IntakeKey.objects.all()}
    for each in found:
        assert {key: one.target_id for key, one in each.items()} == {key: standing[key] for key in each}
    connection.close()
