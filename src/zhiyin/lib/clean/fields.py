"""What a field may hold, written down once and compiled into a function that checks it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from zhiyin.lib.clean.emails import email
from zhiyin.lib.clean.free import FREE_LIMITS, FreeLimits, free_cleaner
from zhiyin.lib.clean.numbers import int_cleaner, number_cleaner, truth
from zhiyin.lib.clean.texts import Cleaner, choice_cleaner, text_cleaner
from zhiyin.lib.clean.times import day, moment
from zhiyin.lib.clean.wrong import Wrong
from zhiyin.lib.faults import Fault, fault
from zhiyin.lib.phones import Phone, normalise

if TYPE_CHECKING:
    from zhiyin.lib.clean.records import Record


class Kind(StrEnum):
    TEXT = "text"  # one line, kept exactly
    LINES = "lines"  # a comment: line ends and tabs too
    CODE = "code"  # an identifier: one line, no spaces at its ends
    CHOICE = "choice"
    INT = "int"
    NUMBER = "number"  # int or float, finite
    BOOL = "bool"
    TIME = "time"  # aware datetime in UTC
    DATE = "date"
    PHONE = "phone"  # a zhiyin.lib.phones.Phone
    EMAIL = "email"
    FREE = "free"  # a bounded JSON object
    RECORD = "record"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``max_length``: characters of a text, entries of a list. ``min`` and ``max``: both ends included.

    Not given, null and "" are one: ``default`` (nothing that can be changed: every record gets the same one), or the
    fault ``missing`` or ``blank`` where the field is required.
    """

    kind: Kind
    required: bool = False
    max_length: int = 255
    min: float | None = None
    max: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    default: object = None
    record: "Record | None" = None  # of a RECORD
    item: "Field | None" = None  # each entry of a LIST
    free: FreeLimits = FREE_LIMITS

    def __post_init__(self) -> None:
        if (self.kind is Kind.CHOICE) != bool(self.choices):
            raise ValueError("choices belong to a field of the kind choice, and it needs them")
        if (self.kind is Kind.RECORD) != (self.record is not None):
            raise ValueError("a record belongs to a field of the kind record, and it needs one")
        if (self.kind is Kind.LIST) != (self.item is not None):
            raise ValueError("an item belongs to a field of the kind list, and it needs one")


class Nested(Exception):
    """Faults of a record or a list inside a field, with paths that start at that field."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__()
        self.faults = faults


def faults_of(wrong: Wrong | Nested, *, at: str) -> list[Fault]:
    """What a cleaner raised, as faults of the field at this path."""
    if isinstance(wrong, Nested):
        return [one.under(at) for one in wrong.faults]
    return [fault(wrong.key, field=at, **wrong.params)]


def cleaner(field: Field) -> Cleaner:
    """A function that gives the clean value, or raises Wrong or Nested. It is never asked about null or ""."""
    if field.record is not None:
        return _record_cleaner(field.record)
    if field.item is not None:
        return _list_cleaner(field.item, max_length=field.max_length)
    match field.kind:
        case Kind.TEXT | Kind.LINES | Kind.CODE:
            lines, code = field.kind is Kind.LINES, field.kind is Kind.CODE
            return text_cleaner(max_length=field.max_length, lines=lines, code=code, pattern=field.pattern)
        case Kind.CHOICE:
            return choice_cleaner(field.choices)
        case Kind.INT:
            return int_cleaner(low=field.min, high=field.max)
        case Kind.NUMBER:
            return number_cleaner(low=field.min, high=field.max)
        case Kind.FREE:
            return free_cleaner(field.free)
        case _:
            return _PLAIN[field.kind]


def phone(value: object) -> Phone:
    """The number in one spelling. Raises Wrong or, with what ``phones.normalise`` found, Nested."""
    if type(value) is not str:
        raise Wrong("type.phone")
    found = normalise(value)
    if isinstance(found, Fault):
        raise Nested([found])
    return found


# The kinds that need nothing but the value.
_PLAIN: dict[Kind, Cleaner] = {
    Kind.BOOL: truth,
    Kind.TIME: moment,
    Kind.DATE: day,
    Kind.PHONE: phone,
    Kind.EMAIL: email,
}


def _record_cleaner(record: "Record") -> Cleaner:
    def clean(value: object) -> object:
        found, faults = record.clean(value)
        if faults:
            raise Nested(faults)
        return found

    return clean


def _list_cleaner(item: Field, *, max_length: int) -> Cleaner:
    each = cleaner(item)

    def clean(value: object) -> list[object]:
        if type(value) is not list:
            raise Wrong("type.list")
        if len(value) > max_length:
            raise Wrong("list_too_long", limit=max_length, count=len(value))
        found: list[object] = []
        faults: list[Fault] = []
        for place, entry in enumerate(value):
            try:
                found.append(each(entry))
            except (Wrong, Nested) as wrong:
                faults.extend(faults_of(wrong, at=f"[{place}]"))
        if faults:
            raise Nested(faults)
        return found

    return clean
