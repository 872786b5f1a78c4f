"""What belongs to a message goes with its month: tries and receipts, cut by the id of what they are about."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from zhiyin.ledger.months import HotTable, Month, ensure_months, let_go, partitions
from zhiyin.lib.ids import first_id_at
from zhiyin.messaging.models import Attempt, DeliveryReport
from zhiyin.messaging.sql import ATTEMPTS, REPORTS

pytestmark = pytest.mark.django_db
MAY, JUNE = datetime(2031, 5, 1, tzinfo=UTC), datetime(2031, 6, 1, tzinfo=UTC)
TRY: dict[str, Any] = {"number": 1, "fencing": 7, "worker": "w", "started_at": MAY}
REPORT: dict[str, Any] = {"attempt": 1, "digest": b"d" * 32, "channel": "c", "delivery": "sent", "at": MAY}
CASES: list[tuple[HotTable, type[models.Model], dict[str, Any]]] = [
    (ATTEMPTS, Attempt, TRY),
    (REPORTS, DeliveryReport, REPORT | {"received_at": MAY}),
]


@pytest.mark.parametrize(("table", "model", "given"), CASES)
def test_it_is_kept_once_numbered_and_let_go_with_its_month(
    table: HotTable, model: type[models.Model], given: dict[str, Any]
) -> None:
    ensure_months(table, first=MAY, last=JUNE)
    rows = model._default_manager
    made = [rows.create(message_id=first_id_at(month), **given) for month in (MAY, JUNE)]
    assert made[0].pk < made[1].pk, "numbered by a sequence of its own"
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.create(message_id=first_id_at(JUNE), **given)
    if connection.vendor == "postgresql":
        assert {Month.of(month).partition_of(table) for month in (MAY, JUNE)} <= set(partitions(table))
    assert let_go(table, before=JUNE) >= 1
    assert list(rows.filter(message_id__gte=first_id_at(MAY)).values_list("pk", flat=True)) == [made[1].pk]
