"""An upgrade with data: who had opted out before there were purposes refuses every one of them afterwards."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from zhiyin.people.models import Consent, Customer
from zhiyin.people.queries import preferences
from zhiyin.people.testing import NOW

BEFORE = [("people", "0001_initial")]


@pytest.mark.django_db(transaction=True)
def test_who_had_opted_out_refuses_everything_and_nobody_else_does():
    MigrationExecutor(connection).migrate(BEFORE)
    try:
        old = MigrationExecutor(connection).loader.project_state(BEFORE).apps.get_model("people", "Customer")
        old.objects.create(id=1, created_at=NOW)
        old.objects.create(id=2, created_at=NOW, opted_out_at=NOW)
    finally:
        newest = MigrationExecutor(connection)
        newest.migrate(newest.loader.graph.leaf_nodes("people"))
    assert dict(Customer.objects.values_list("id", "refuses")) == {1: 0, 2: 7}
    rows = Consent.objects.filter(customer_id=2, withdrawn_at=NOW)
    assert set(rows.values_list("purpose", "basis")) == {
        ("survey", "contract"),
        ("care", "contract"),
        ("research", "consent"),
    }
    known = preferences(2)
    assert known is not None
    assert [(one.is_refused, one.since) for one in known.purposes] == [(True, NOW)] * 3
