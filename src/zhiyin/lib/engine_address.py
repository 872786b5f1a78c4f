"""Where figures are computed: the address of an engine, read and checked whole. Pure.

    embedded
    clickhouse://user:password@host:8123/database?mirror=https://storage/bucket/mirror    (clickhouses:// for TLS)
    spark://host:7077?mirror=s3a://bucket/mirror&cores=8&memory=4g

``mirror`` says where *the engine* finds the mirror's files; what is recorded stays with us.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

EMBEDDED, CLICKHOUSE, CLICKHOUSE_TLS, SPARK = "embedded", "clickhouse", "clickhouses", "spark"
PORTS = {CLICKHOUSE: 8123, CLICKHOUSE_TLS: 8443, SPARK: 7077}
SCHEMES = (EMBEDDED, *PORTS)
# For these the plans are rendered and the rendering is checked; nothing here speaks to them (docs/scale.md).
RENDERED_ONLY = ("trino", "doris", "starrocks")
OPTIONS = {
    CLICKHOUSE: ("mirror", "timeout"),
    CLICKHOUSE_TLS: ("mirror", "timeout"),
    SPARK: ("mirror", "timeout", "cores", "memory", "driver"),
}
_SHAPES = {
    "timeout": (r"[1-9]\d{0,2}", "whole seconds, 1 to 999"),
    "cores": (r"[1-9]\d{0,4}", "a whole number"),
    "memory": (r"[1-9]\d{0,4}[mg]", "such as 512m or 4g"),
    "driver": (r"[\w.:-]+", "this machine's name or address as the workers see it"),
    # No quote, brace, bracket or star: the path stands in SQL, and such a sign there would mean other files.
    "mirror": (r"[\w.:/@%+=~-]+", "a folder or an address without spaces, quotes and wildcards"),
}


class BadAddress(ValueError):
    """One clause for the person who wrote it; never repeats what they wrote, as it may hold a password."""


@dataclass(frozen=True)
class EngineAddress:
    scheme: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """For people and logs: without whose it is."""
        return f"{self.scheme}://{self.host}:{self.port}" if self.host else self.scheme

    @property
    def mirror(self) -> str:
        return self.options.get("mirror", "")

    def seconds(self, default: int) -> int:
        """How long an answer may take."""
        return int(self.options.get("timeout", default))


def read_address(text: str) -> EngineAddress:
    """The address that ``text`` spells. Raises BadAddress, with the near name for a slip."""
    if text == EMBEDDED:
        return EngineAddress(EMBEDDED)
    parts, port = _split(text)
    _refuse_scheme(parts.scheme, text)
    if not parts.hostname:
        raise BadAddress(f"the host is missing: write {parts.scheme}://host:{PORTS[parts.scheme]}")
    found = EngineAddress(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.strip("/")),
        options=_options(parts),
    )
    _refuse_nonsense(found)
    return found


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        return parts, parts.port
    except ValueError as broken:
        raise BadAddress("the address cannot be read") from broken


def _refuse_scheme(scheme: str, text: str) -> None:
    name = scheme or text.partition(":")[0]
    if name in PORTS:
        return
    if name in RENDERED_ONLY:
        raise BadAddress(f"questions are rendered for {name}, but not sent there; use one of: {', '.join(SCHEMES)}")
    near = difflib.get_close_matches(name, SCHEMES, n=1)
    hint = f"did you mean {near[0]}" if near else f"use one of: {', '.join(SCHEMES)}"
    raise BadAddress(f"unknown engine; {hint}")


def _options(parts: SplitResult) -> dict[str, str]:
    known, found = OPTIONS[parts.scheme], {}
    try:
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as broken:
        raise BadAddress("what stands behind the question mark cannot be read") from broken
    for name, value in pairs:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise BadAddress(f"unknown option; {f'did you mean {near[0]}' if near else 'known: ' + ', '.join(known)}")
        if name in found:
            raise BadAddress(f"{name} is given twice")
        shape, words = _SHAPES[name]
        if not re.fullmatch(shape, value, re.ASCII):
            raise BadAddress(f"{name} has to be {words}")
        found[name] = value.rstrip("/") if name == "mirror" else value
    return found


def _refuse_nonsense(found: EngineAddress) -> None:
    if found.scheme == SPARK and (found.user or found.password or found.database):
        raise BadAddress("a Spark master takes no user and no path: write spark://host:port")
    if found.scheme != SPARK and not found.mirror:
        raise BadAddress("say where ClickHouse finds the mirror's files: ?mirror=https://storage/bucket/mirror")
