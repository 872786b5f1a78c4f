"""``zhiyin import``: files in, row by row, with a refusal file for what could not be taken."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import click

from zhiyin.cli.frame import BadInput, WorkFailed, changes_record, now, on_terminal

if TYPE_CHECKING:
    from zhiyin.cli.importing.hands import Hands, Part
    from zhiyin.lib.tables import Refusal, Row, Table


@click.command("import")
@click.argument("kind", type=click.Choice(("units", "staff", "customers", "interactions", "responses", "counters")))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every row and write nothing.")
@click.option(
    "--source", default="import", show_default=True, help="Where the rows come from, if the file does not say."
)
@click.option("--survey", default="", help="For responses: the survey that was answered.")
@click.option("--sheet", default=None, help="Which sheet of a workbook.")
@click.option("--day-first/--month-first", default=None, help="How 03/04/2026 is meant.")
@click.option("--refused", type=click.Path(path_type=Path), default=None, help="Where the refusal file goes.")
@changes_record
def import_command(
    kind: str,
    file: Path,
    dry_run: bool,
    source: str,
    survey: str,
    sheet: str | None,
    day_first: bool | None,
    refused: Path | None,
) -> None:
    """Bring in KIND from FILE (CSV or XLSX). Safe to run again: what is there already is a duplicate."""
    from django.conf import settings  # noqa: PLC0415  (Django must be set up first)

    from zhiyin.cli.importing.frame import Circumstances, Totals  # noqa: PLC0415
    from zhiyin.cli.importing.kinds import KINDS  # noqa: PLC0415
    from zhiyin.lib.faults import Unclean  # noqa: PLC0415
    from zhiyin.lib.tables import Options, open_table  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415

    importer = KINDS[kind](Circumstances(Viewer.system("import"), now(), source, survey))
    options = Options(zone=ZoneInfo(settings.TIME_ZONE), sheet=sheet, day_first=day_first)
    if not file.is_file():
        raise BadInput(f"{file}: there is no such file.")
    try:
        table = open_table(file, importer.columns, options=options)
    except Unclean as unclean:
        raise BadInput(f"{file}: {unclean.faults[0].sentence('en')}") from unclean
    except OSError as broken:
        raise BadInput(f"{file}: {broken.strerror}.") from broken
    for notice in table.notices:
        if not (importer.columns.keep_unknown and notice.code == "notice_unknown_header"):  # kept as an attribute
            click.echo(f"{file}: {notice.sentence('en')}", err=True)
    taking = Taking(importer, torn=_torn(table, importer), dry_run=dry_run, language=settings.LANGUAGE_CODE)
    path = refused or file.with_name(f"{file.stem}-refused.csv")
    try:
        taking.take_all(table)
    except BaseException:
        # Also when somebody stops it half-way: what was taken in is counted exactly, and the rest can follow. Where
        # nothing had begun, an account of nothing would only look like one.
        if taking.totals != Totals():
            _tell(taking, path)
        raise
    _tell(taking, path)


def _tell(taking: "Taking", path: Path) -> None:
    from zhiyin.lib.tables import write_refusals  # noqa: PLC0415  (Django must be set up first)

    if taking.refusals:
        try:
            write_refusals(path, taking.refusals, language=taking.language)
        except OSError as broken:
            raise WorkFailed(f"{path}: {broken.strerror}. {taking.totals.line()}") from broken
        click.echo(f"{path}: {len(taking.refusals)} reasons", err=True)
    click.echo(("dry-run " if taking.dry_run else "") + taking.totals.line())


def _torn(table: "Table", importer: Any) -> frozenset[object]:
    """Keys that the file gives twice with different content: both rows are refused (I57)."""
    identity = getattr(importer, "identity", None)
    if identity is None or not table.repeats(getattr(importer, "key_columns", ())):
        return frozenset()
    bodies: dict[object, object] = {}
    torn: set[object] = set()
    for row in table.rows():
        pair = None if row.faults else identity(row)
        if pair and pair[0] and bodies.setdefault(pair[0], pair[1]) != pair[1]:
            torn.add(pair[0])
    return frozenset(torn)


class Read(NamedTuple):
    """One row: what is wrong with it as it stands, or what the importer takes."""

    number: int
    faults: Sequence[Any]
    value: Any = None


class Chunk(NamedTuple):
    """Rows that are taken in together. ``parts``: their values, packed for several hands; else each row has its own."""

    rows: Sequence[Read]
    parts: "Sequence[Part]" = ()


class Taking:
    """One file on its way in: chunk by chunk, each in its own transaction, every row counted once."""

    def __init__(self, importer: Any, *, torn: frozenset[object], dry_run: bool, language: str) -> None:
        from zhiyin.cli.importing.frame import Totals  # noqa: PLC0415  (Django must be set up first)

        self.importer, self.torn, self.dry_run, self.language = importer, torn, dry_run, language
        self.totals = Totals()
        self.refusals: list[Refusal] = []

    def take_all(self, table: "Table") -> None:
        # A dry run does everything and takes it back: the small tables in one go, since their rows build on each other,
        # the large ones chunk by chunk, so that nobody waits for them.
        with (
            self._reading(table) as (chunks, hands),
            _progress(table.rows_expected) as advance,
            self._taken_back(whole_file=True),
        ):
            for chunk in chunks:
                if hands is None:
                    values = [one.value for one in chunk.rows if not one.faults]
                    taken = iter(self._take(values))
                    self._count(chunk, {place: next(taken) for place, one in enumerate(chunk.rows) if not one.faults})
                else:
                    self._hand_out(chunk, hands)
                advance(len(chunk.rows))

    @contextmanager
    def _reading(self, table: "Table") -> "Iterator[tuple[Iterator[Chunk], Hands | None]]":
        """The file's chunks, and the hands that take them, if more than this process's own."""
        from zhiyin.cli.importing.ahead import reading_ahead  # noqa: PLC0415
        from zhiyin.cli.importing.frame import CHUNK  # noqa: PLC0415
        from zhiyin.cli.importing.hands import several_hands  # noqa: PLC0415
        from zhiyin.lib.heap import settle  # noqa: PLC0415

        if table.rows_expected <= CHUNK or not getattr(self.importer, "reads_without_record", False):
            yield self._chunks(table), None
            return
        count = self.importer.hands(table.rows_expected)
        settle()
        with ExitStack() as stack:
            chunks = stack.enter_context(reading_ahead(self._chunks(table, parts=count)))
            yield chunks, stack.enter_context(several_hands(count, self._take)) if count > 1 else None

    def _take(self, values: Sequence[Any]) -> "list[tuple[str, Sequence[Any]]]":
        with self._taken_back(whole_file=False):
            return [(one.done, one.faults) for one in self.importer.take(values)]

    def _hand_out(self, chunk: Chunk, hands: "Hands") -> None:
        from zhiyin.cli.importing.hands import undisturbed  # noqa: PLC0415

        outcomes: dict[int, tuple[str, Sequence[Any]]] = {}
        with undisturbed():
            try:
                for part, taken in hands.take(chunk.parts):
                    outcomes.update(zip(part.places, taken, strict=True))
            finally:
                self._count(chunk, outcomes)

    def _count(self, chunk: Chunk, outcomes: "Mapping[int, tuple[str, Sequence[Any]]]") -> None:
        """``outcomes``: by the row's place in the chunk; a row that is wrong as it stands needs none."""
        for place, one in enumerate(chunk.rows):
            if one.faults or place in outcomes:
                done, faults = ("refused", one.faults) if one.faults else outcomes[place]
                self.totals.add(done)
                if faults:
                    self._refuse(one.number, faults)

    def _chunks(self, table: "Table", *, parts: int = 1) -> Iterator[Chunk]:
        """What can be known of the rows without looking at the record."""
        from zhiyin.cli.importing.frame import CHUNK  # noqa: PLC0415
        from zhiyin.cli.importing.hands import Part  # noqa: PLC0415

        rows = table.rows()
        while chunk := list(islice(rows, CHUNK * parts)):
            faults = [row.faults or _twice(row, self.importer, self.torn) for row in chunk]
            good = [place for place, wrong in enumerate(faults) if not wrong]
            values = dict(zip(good, self.importer.read([chunk[place] for place in good]), strict=True))
            if parts == 1:
                yield Chunk([Read(row.number, faults[place], values.get(place)) for place, row in enumerate(chunk)])
            else:
                read = [Read(row.number, wrong) for row, wrong in zip(chunk, faults, strict=True)]
                yield Chunk(read, [Part.of(places, values) for places in self.importer.apart(values, parts)])

    def _refuse(self, number: int, faults: Sequence[Any]) -> None:
        from zhiyin.lib.tables import refusals_of  # noqa: PLC0415

        self.refusals.extend(refusals_of(number, faults, language=self.language))

    @contextmanager
    def _taken_back(self, *, whole_file: bool) -> Iterator[None]:
        from django.db import transaction  # noqa: PLC0415

        if not self.dry_run or whole_file is not getattr(self.importer, "is_small", False):
            yield
            return
        with transaction.atomic():
            yield
            transaction.set_rollback(True)


def _twice(row: "Row", importer: Any, torn: frozenset[object]) -> Sequence[Any]:
    from zhiyin.lib.faults import Fault  # noqa: PLC0415  (Django must be set up first)

    if not torn or (pair := importer.identity(row)) is None or pair[0] not in torn:
        return ()
    return [
        Fault(
            "row_torn",
            getattr(importer, "key_column", "external_id"),
            "The file has this id twice with different content. Keep the right row.",
            "文件里这个编号出现两次且内容不同，请只保留正确的一行。",
        )
    ]


@contextmanager
def _progress(expected: int) -> Iterator[Callable[[int], None]]:
    """What to call when so many more rows are in."""
    if not on_terminal():
        yield lambda _rows: None
        return
    from rich.progress import Progress  # noqa: PLC0415  (a pipe needs none)

    with Progress() as bar:
        task = bar.add_task("import", total=max(expected, 1))
        yield lambda rows: bar.advance(task, rows)
