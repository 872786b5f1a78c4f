"""Tables that people make: reading CSV and XLSX for imports, writing files that are safe to open.

Owns: columns and headers, file and row faults, the refusal file.
Tells: rows, one by one, each with its values or with what is wrong.
"""

from zhiyin.lib.tables.columns import Column, Columns
from zhiyin.lib.tables.limits import Options, TableLimits
from zhiyin.lib.tables.reading import Preview, Row, Table, open_table
from zhiyin.lib.tables.writing import Cell, Refusal, csv_lines, refusals_of, safe, write_csv, write_refusals, write_xlsx

__all__ = [
    "Cell",
    "Column",
    "Columns",
    "Options",
    "Preview",
    "Refusal",
    "Row",
    "Table",
    "TableLimits",
    "csv_lines",
    "open_table",
    "refusals_of",
    "safe",
    "write_csv",
    "write_refusals",
    "write_xlsx",
]
