"""``field__among=[…]``: like ``__in``, but the list travels as one parameter.

Django spells ``IN`` with a parameter per value, which for a thousand values costs more in Python than the query does
in the database, and gives PostgreSQL a new statement to plan for every length of list.
"""

import json
from typing import TYPE_CHECKING, Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, BinaryField, Lookup, UUIDField
from django.db.models.sql.compiler import SQLCompiler

from zhiyin.ledger.bulk import array

_TYPES = {"BinaryField": "bytea", "UUIDField": "uuid"}


if TYPE_CHECKING:
    AnyLookup = Lookup[Any]
else:  # Django's own class takes no type arguments
    AnyLookup = Lookup


class Among(AnyLookup):
    """Equal to one of many values: whole numbers, hashes or UUIDs."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        column, parameters = self.process_lhs(compiler, connection)
        kind = _TYPES.get(self.lhs.output_field.get_internal_type(), "bigint")
        return f"{column} = ANY(%s::{kind}[])", [*parameters, array(self.rhs)]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        kind = self.lhs.output_field.get_internal_type()
        if kind == "BinaryField":
            texts, value = [bytes(one).hex() for one in self.rhs], "unhex(value)"
        else:
            texts, value = [one.hex if kind == "UUIDField" else one for one in self.rhs], "value"
        return f"{column} IN (SELECT {value} FROM json_each(%s))", [*parameters, json.dumps(texts)]


def register() -> None:
    for field in (BigIntegerField, BinaryField, UUIDField):
        field.register_lookup(Among)
