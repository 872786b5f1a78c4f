"""The boundary cleaner: everything from outside passes here before any framework sees it.

Owns: strict JSON (`parse_json`), records of fields (`Record`, `Field`), query strings (`Query`).
Tells: faults, with a code, the field and a sentence in two languages.
"""

from zhiyin.lib.clean.fields import Field, Kind
from zhiyin.lib.clean.free import FreeLimits
from zhiyin.lib.clean.json_body import JsonLimits, parse_json
from zhiyin.lib.clean.query import PAGING, Query
from zhiyin.lib.clean.records import Record
from zhiyin.lib.clean.times import InOrder, future_fault
from zhiyin.lib.faults import Fault, Unclean, fault

__all__ = [
    "PAGING",
    "Fault",
    "Field",
    "FreeLimits",
    "InOrder",
    "JsonLimits",
    "Kind",
    "Query",
    "Record",
    "Unclean",
    "fault",
    "future_fault",
    "parse_json",
]
