"""Units by their code, for the hot path: which unit an encounter belongs to, as far as the caller may know of it."""

from collections.abc import Iterable

from zhiyin.lib.lately import Lately
from zhiyin.lib.text import Text, pick
from zhiyin.people.access import Viewer
from zhiyin.people.models import Unit


def unit_ids(codes: Iterable[str], *, by: Viewer) -> dict[str, int]:
    """Code → key of the viewer's units. What is not known yet is looked up anew: a unit is there once it was made."""
    wanted = set(codes)
    known, _root = _units()
    if not wanted <= known.keys():
        known, _root = _units.fresh()
    return {code: known[code] for code in wanted if code in known and by.sees_unit(known[code])}


def root_unit() -> int:
    """The key of the top unit, 0 before there is an organisation."""
    return _units()[1] or _units.fresh()[1]


def unit_path(unit_id: int) -> tuple[str, ...]:
    """The codes of a unit and of each above it, the unit's own first; nothing for a unit that there is not."""
    return _paths().get(unit_id) or _paths.fresh().get(unit_id, ())


def unit_names_by_code(language: str) -> dict[str, str]:
    """How each unit is called, as it stood a moment ago."""
    return {code: pick(name, language) for code, name in _called().items()}


def _read() -> tuple[dict[str, int], int]:
    rows = list(Unit.objects.values_list("code", "pk", "parent_id"))
    return {code: pk for code, pk, _ in rows}, next((pk for _, pk, parent in rows if not parent), 0)


def _read_paths() -> dict[int, tuple[str, ...]]:
    rows = list(Unit.objects.values_list("pk", "code", "path"))
    codes = {str(pk): code for pk, code, _ in rows}
    return {pk: tuple(codes[each] for each in reversed(path.strip("/").split("/"))) for pk, _, path in rows}


def _read_names() -> dict[str, Text]:
    return dict(Unit.objects.values_list("code", "name"))


_units = Lately(_read)
_called = Lately(_read_names)
_paths = Lately(_read_paths)
