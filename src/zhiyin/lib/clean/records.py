"""A record from outside, cleaned field by field: the one gate for what other systems send (RELIABILITY A24-A69).

    INTERACTION = Record({"source": Field(Kind.CODE, required=True), "ended_at": Field(Kind.TIME, required=True)})
    clean, faults = INTERACTION.clean(body)

Nothing passes that was not asked for, every fault is found in one go, and what passes is safe for every store.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zhiyin.lib.clean.columns import many_cleaner
from zhiyin.lib.clean.fields import Field, Nested, cleaner, faults_of
from zhiyin.lib.clean.texts import near
from zhiyin.lib.clean.wrong import Wrong
from zhiyin.lib.faults import Fault, fault

Check = Callable[[Mapping[str, Any]], Fault | None]
_FAULTS_SHOWN = 50  # of one record: enough to mend it, too few to be a flood
_UNKNOWN_SHOWN = 10


class Record:
    """An ordered set of fields, compiled when it is made. ``checks`` look across fields once all of them are clean."""

    def __init__(self, fields: Mapping[str, Field], *, checks: tuple[Check, ...] = ()) -> None:
        self.fields = dict(fields)
        self._checks = checks
        self._plan = tuple((name, cleaner(field), field.required, field.default) for name, field in fields.items())
        self._names = frozenset(fields)
        self._many = {name: many_cleaner(field) for name, field in fields.items()}

    def clean(self, value: object, *, at: str = "") -> tuple[dict[str, Any], list[Fault]]:
        """Every field's clean value (its default where it was not given), and everything that is wrong.

        Use the values only when there are no faults. ``at`` is the path of the record itself, such as ``[3]``.
        """
        if type(value) is not dict:
            return {}, [fault("type.object" if at else "type.body", field=at)]
        found: dict[str, Any] = {}
        faults: list[Fault] = []
        given = 0
        take = value.get
        for name, clean, required, default in self._plan:
            raw = take(name)
            if raw is None or raw == "":
                given += name in value
                found[name] = default
                if required:
                    faults.append(fault("blank" if raw == "" else "missing", field=name))
                continue
            given += 1
            try:
                found[name] = clean(raw)
            except (Wrong, Nested) as wrong:
                faults.extend(faults_of(wrong, at=name))
        if given != len(value):
            faults.extend(self._unknown(value))
        if not faults and self._checks:
            faults.extend(found_wrong for check in self._checks if (found_wrong := check(found)))
        return found, [one.under(at) for one in faults[:_FAULTS_SHOWN]] if faults else faults

    def columns(self, values: Sequence[object]) -> dict[str, Sequence[Any]] | None:
        """Many records as one column of clean values a field, where all of them are plain; None: look at each."""
        records: Sequence[Any] = values
        if self._checks or set(map(type, records)) != {dict} or not all(map(self._names.issuperset, records)):
            return None
        found: dict[str, Sequence[Any]] = {}
        for name, field in self.fields.items():
            given = [record.get(name) for record in records]
            filled = given if all(given) else [one for one in given if one is not None and one != ""]
            if field.required and len(filled) < len(given):
                return None
            clean = self._many[name](filled)
            if clean is None:
                return None
            if len(filled) < len(given):
                left = iter(clean)
                clean = [field.default if one is None or one == "" else next(left) for one in given]
            found[name] = clean
        return found

    def rows(self, values: Sequence[object]) -> list[dict[str, Any]] | None:
        """The same as one record after the other."""
        found = self.columns(values)
        return (
            None if found is None else [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
        )

    def _unknown(self, value: Mapping[str, Any]) -> list[Fault]:
        """A fault for each field that the record does not have, with the name that was probably meant."""
        faults = []
        for name in [name for name in value if name not in self.fields][:_UNKNOWN_SHOWN]:
            meant = near(name, self.fields)
            faults.append(fault("unknown_field.near" if meant else "unknown_field", field=name, near=meant))
        return faults
