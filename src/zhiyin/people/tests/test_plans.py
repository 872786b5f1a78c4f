"""Who somebody is, is found by an index, however many people there are and whether or not the table was analysed."""

from typing import Any

import pytest
from django.db import connection, transaction

from zhiyin.people.identify import Given, Handle, identify
from zhiyin.people.queries import reaches
from zhiyin.people.testing import NOW, SYSTEM

pytestmark = pytest.mark.django_db
MANY = 2_000


def person(number: int) -> Given:
    phone = f"+86138{number:08d}"
    return Given((Handle("external", f"C{number}", f"C{number}"), Handle("phone", phone, phone, "mobile")))


def plans(ask: Any) -> dict[str, str]:
    """The statements on handles that ``ask`` sends, each with how the database goes about it."""
    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        sent.append((sql, values))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        ask()
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    found = {}
    with connection.cursor() as cursor:
        for sql, values in sent:
            if sql.startswith("SELECT") and "people_identity" in sql:
                cursor.execute(f"{explain} {sql}", values)
                found[sql] = "\n".join(str(line) for line in cursor.fetchall())
    return found


def test_nobody_reads_through_all_people_to_find_one():
    with transaction.atomic():
        customers = identify([person(number) for number in range(MANY)], by=SYSTEM, now=NOW)

    def ask() -> None:
        with transaction.atomic():
            identify([person(7)], by=SYSTEM, now=NOW)
        reaches([customers[7].id], kinds=["phone"])

    told = plans(ask)
    assert len(told) == 2
    for sql, how in told.items():
        assert "Seq Scan" not in how, sql
        assert "SCAN people_identity" not in how, sql
