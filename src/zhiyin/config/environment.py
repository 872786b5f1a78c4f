"""The environment, read once, checked whole, refused with the cure (CONTRACT section 6).

A bad or unknown ``ZHIYIN_`` key stops the start with exit code 2 and one line that names the key, where it came
from, what was expected and what was found (secrets are never shown).
"""

import difflib
import importlib.util
import os
import re
import secrets
import shutil
import zoneinfo
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from zhiyin.lib.engine_address import EMBEDDED, SPARK, BadAddress, read_address

KEYS = {
    "ZHIYIN_DATA_DIR": "a folder that may be created",
    "ZHIYIN_DATABASE_URL": "sqlite:///path or postgresql://user@host/database",
    "ZHIYIN_ANALYTICS_URL": "embedded, clickhouse(s)://user:password@host:port/database?mirror=… or spark://host:port",
    "ZHIYIN_BASE_URL": "http(s)://host[:port], the address customers open",
    "ZHIYIN_SECRET_KEY": "at least 32 random characters",
    "ZHIYIN_DATA_KEY": "one or more of id:key, comma separated; the first encrypts",
    "ZHIYIN_TIME_ZONE": "an IANA name such as Asia/Shanghai",
    "ZHIYIN_LANGUAGE": "zh-hans or en",
    "ZHIYIN_DEBUG": "0 or 1",
    "ZHIYIN_TRUSTED_PROXIES": "how many proxies stand in front: 0 to 5",
    "ZHIYIN_PRIVATE_GATEWAYS": "host names inside the own network that messages may go to, comma separated",
    "ZHIYIN_WEB_WORKERS": "1 to 64",
    "ZHIYIN_KEEP_MONTHS": "how many months of encounters, decisions and messages are kept: 7 to 1200, or 0 for ever",
    "ZHIYIN_NUMBER_REPLIES": "person or answer: who takes a reply that is a number alone",
    # Read by the test set-up only; named here so that they are not refused as unknown.
    "ZHIYIN_TEST_DATABASE_URL": "postgresql://…",
    "ZHIYIN_SHARED_DATA": "a folder with real data for the tests that use it",
}
SECRET_KEYS = ("ZHIYIN_SECRET_KEY", "ZHIYIN_DATA_KEY", "ZHIYIN_DATABASE_URL", "ZHIYIN_ANALYTICS_URL")
MAY_BE_EMPTY = ("ZHIYIN_PRIVATE_GATEWAYS", "ZHIYIN_TEST_DATABASE_URL", "ZHIYIN_SHARED_DATA")
SHORTEST_SECRET, FEWEST_CHARACTERS = 32, 10  # the second: different ones, so that "aaaa…" is no secret
SAMPLES = ("change-me", "changeme", "change_me", "insecure", "example", "password")
DOTENV = ".env"


class BadConfiguration(Exception):
    """One line for standard error; the command line ends with exit code 2."""


@dataclass(frozen=True)
class Environment:
    """What the operator decided. Every field has been checked. ``notices``: what they may not expect."""

    data_dir: Path
    database_url: str
    analytics_url: str
    base_url: str
    secret_key: str
    data_keys: tuple[tuple[str, bytes], ...]
    time_zone: str
    language: str
    debug: bool
    trusted_proxies: int
    web_workers: int
    keep_months: int = 36
    private_gateways: tuple[str, ...] = ()
    number_replies: str = "person"
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Given:
    """The keys as they were given, and where each came from."""

    values: Mapping[str, str]
    origins: Mapping[str, str]
    notices: list[str] = field(default_factory=list)

    def get(self, key: str, default: str = "") -> str:
        return self.values.get(key, default)

    def bad(self, key: str, why: str) -> BadConfiguration:
        got = "(hidden)" if key in SECRET_KEYS else repr(self.get(key))
        origin = self.origins.get(key, "default")
        return BadConfiguration(f"{key} ({origin}): {why}. Expected {KEYS[key]}; got {got}.")


def read(environ: Mapping[str, str] | None = None, *, make_keys: bool = False) -> Environment:
    """Read the ``ZHIYIN_`` keys from ``environ`` and a ``.env`` file beside the process.

    ``make_keys`` is for ``serve`` and ``demo``: absent secrets are made once and kept in the data folder.
    Raises BadConfiguration with one line that names the key and the cure.
    """
    given = _gather(os.environ if environ is None else environ)
    _refuse_unknown(given)
    data_dir = Path(given.get("ZHIYIN_DATA_DIR", "zhiyin-data")).expanduser().absolute()
    if data_dir.exists() and not data_dir.is_dir():
        raise given.bad("ZHIYIN_DATA_DIR", f"{data_dir} is a file")
    kept = _kept_keys(data_dir, make=make_keys)
    base_url = _base_url(given)
    secret_key, data_keys = _secret_key(given, kept), _data_keys(given, kept)
    if any(secret_key.rstrip("=") == urlsafe_b64encode(raw).decode().rstrip("=") for _name, raw in data_keys):
        raise given.bad("ZHIYIN_SECRET_KEY", "one key may not both sign and encrypt")
    debug = _choice("ZHIYIN_DEBUG", given, ("0", "1"), "0") == "1"
    if base_url.startswith("https://"):
        _refuse_carelessness(given, data_dir, debug=debug)
    return Environment(
        data_dir=data_dir,
        database_url=_database_url(given, data_dir),
        analytics_url=_analytics_url(given),
        base_url=base_url,
        secret_key=secret_key,
        data_keys=data_keys,
        time_zone=_time_zone(given),
        language=_choice("ZHIYIN_LANGUAGE", given, ("zh-hans", "en"), "zh-hans"),
        debug=debug,
        trusted_proxies=_whole("ZHIYIN_TRUSTED_PROXIES", given, 0, 0, 5),
        web_workers=_whole("ZHIYIN_WEB_WORKERS", given, 2, 1, 64),
        keep_months=_months(given),
        number_replies=_choice("ZHIYIN_NUMBER_REPLIES", given, ("person", "answer"), "person"),
        private_gateways=_hosts("ZHIYIN_PRIVATE_GATEWAYS", given),
        notices=tuple(given.notices),
    )


def _gather(environ: Mapping[str, str]) -> _Given:
    """Both sources. The environment wins over the file, and a difference is told."""
    written = {key: value for key, value in _dotenv(Path(DOTENV)).items() if key.startswith("ZHIYIN_")}
    exported = {key: value for key, value in environ.items() if key.startswith("ZHIYIN_")}
    notices = [
        f"{key}: the environment's value is used, not the one in {DOTENV}."
        for key in sorted(written.keys() & exported.keys())
        if written[key] != exported[key]
    ]
    origins = {**dict.fromkeys(written, DOTENV), **dict.fromkeys(exported, "environment")}
    return _Given({**written, **exported}, origins, notices)


def _dotenv(path: Path) -> dict[str, str]:
    if not os.path.lexists(path):
        return {}
    if not path.is_file():
        raise BadConfiguration(f"{path.name}: not a file. Remove it, or put KEY=value lines there.")
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as broken:
        reason = getattr(broken, "strerror", None) or "it is not UTF-8"
        raise BadConfiguration(f"{path.name}: cannot be read ({reason}). Save it as UTF-8 text.") from broken
    if "\0" in text:
        raise BadConfiguration(f"{path.name}: holds NUL characters. Save it as UTF-8 text.")
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        key, sign, value = bare.partition("=")
        key = key.removeprefix("export ").strip()
        if not sign or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
            raise BadConfiguration(f"{path.name} line {number}: expected KEY=value.")
        if key in found:
            raise BadConfiguration(f"{path.name} line {number}: {key} is given twice. Keep one of them.")
        found[key] = value.strip().strip("\"'")
    return found


def _refuse_unknown(given: _Given) -> None:
    for key in sorted(given.values):
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f" Did you mean {near[0]}?" if near else f" Known keys: {', '.join(KEYS)}."
            raise BadConfiguration(f"{key} ({given.origins[key]}): unknown setting.{hint}")
        if not given.get(key).strip() and key not in MAY_BE_EMPTY:
            raise given.bad(key, "it is set, and empty; give it a value, or remove it for the default")


def _refuse_carelessness(given: _Given, data_dir: Path, *, debug: bool) -> None:
    """What may be on a desk and not where customers come in (their address is https)."""
    if debug:
        raise given.bad("ZHIYIN_DEBUG", "not where customers come in: error pages would show what we are made of")
    holds_secrets = any(given.origins.get(key) == DOTENV for key in SECRET_KEYS)
    for path in (data_dir / "keys.env", *([Path(DOTENV)] if holds_secrets else [])):
        if path.is_file() and path.stat().st_mode & 0o077:
            mode = oct(path.stat().st_mode & 0o777)[2:]
            raise BadConfiguration(f"{path}: holds secrets and others can read it (mode {mode}). Run: chmod 600 {path}")


def _choice(key: str, given: _Given, allowed: tuple[str, ...], default: str) -> str:
    value = given.get(key, default)
    if value not in allowed:
        raise given.bad(key, f"use one of: {', '.join(allowed)}")
    return value


def _whole(key: str, given: _Given, default: int, low: int, high: int) -> int:
    text = given.get(key, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high):
        raise given.bad(key, "not a whole number in range")
    return int(text)


def _months(given: _Given) -> int:
    """Below seven months the proof of what was sent (180 days) or the memory of the limits (90 days) would go."""
    months = _whole("ZHIYIN_KEEP_MONTHS", given, 36, 0, 1200)
    if 0 < months < 7:
        raise given.bad("ZHIYIN_KEEP_MONTHS", "too short")
    return months


def _hosts(key: str, given: _Given) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in given.get(key).split(",") if name.strip())
    if not all(name.isascii() and name.replace("-", "").replace(".", "").replace(":", "").isalnum() for name in names):
        raise given.bad(key, "only names, without scheme and port")
    return names


def _time_zone(given: _Given) -> str:
    name = given.get("ZHIYIN_TIME_ZONE", "Asia/Shanghai")
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        near = difflib.get_close_matches(name, sorted(zoneinfo.available_timezones()), n=1)
        meant = f", did you mean {near[0]}" if near else ""
        raise given.bad("ZHIYIN_TIME_ZONE", f"unknown time zone{meant}") from unknown
    return name


def _split(key: str, given: _Given, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # looked at only here, and raises when it is none
    except ValueError as broken:
        raise given.bad(key, "the address cannot be read") from broken
    return parts


def _database_url(given: _Given, data_dir: Path) -> str:
    url = given.get("ZHIYIN_DATABASE_URL", f"sqlite:///{data_dir / 'zhiyin.sqlite3'}")
    parts = _split("ZHIYIN_DATABASE_URL", given, url)
    if parts.scheme not in ("sqlite", "postgresql", "postgres"):
        raise given.bad("ZHIYIN_DATABASE_URL", "unknown database scheme")
    if parts.scheme == "sqlite" and not url.removeprefix("sqlite:///").strip("/"):
        raise given.bad("ZHIYIN_DATABASE_URL", "the path of the file is missing")
    if parts.scheme == "sqlite" and parts.netloc:
        raise given.bad("ZHIYIN_DATABASE_URL", "a file has no host: write three slashes before its path")
    if parts.scheme != "sqlite" and not parts.path.strip("/"):
        raise given.bad("ZHIYIN_DATABASE_URL", "the name of the database is missing")
    return url


def _analytics_url(given: _Given) -> str:
    url = given.get("ZHIYIN_ANALYTICS_URL", EMBEDDED)
    try:
        address = read_address(url)
    except BadAddress as bad:
        raise given.bad("ZHIYIN_ANALYTICS_URL", str(bad)) from bad
    if address.scheme == SPARK:
        _refuse_without_spark(given)
    return url


def _refuse_without_spark(given: _Given) -> None:
    """This process would be Spark's driver: better to hear now what that needs than at the first figure."""
    if importlib.util.find_spec("pyspark") is None:
        raise given.bad("ZHIYIN_ANALYTICS_URL", "PySpark is not installed: pip install 'zhiyin[spark]'")
    home = os.environ.get("JAVA_HOME")
    if shutil.which(str(Path(home, "bin", "java")) if home else "java") is None:
        raise given.bad("ZHIYIN_ANALYTICS_URL", "Spark needs Java 17 or newer, and there is none (JAVA_HOME, PATH)")


def _base_url(given: _Given) -> str:
    url = given.get("ZHIYIN_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
    parts = _split("ZHIYIN_BASE_URL", given, url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise given.bad("ZHIYIN_BASE_URL", "not an http(s) address")
    if parts.username or parts.password or parts.path or parts.query or parts.fragment:
        raise given.bad("ZHIYIN_BASE_URL", "only scheme, host and port are allowed")
    return url


def _kept_keys(data_dir: Path, *, make: bool) -> dict[str, str]:
    """Keys that ``serve`` made on its first start, in a file only the owner may read."""
    path = data_dir / "keys.env"
    if make and not os.path.lexists(path):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = urlsafe_b64encode(secrets.token_bytes(32)).decode()
        text = f"ZHIYIN_SECRET_KEY={secrets.token_urlsafe(48)}\nZHIYIN_DATA_KEY=k1:{fresh}\n"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
    return _dotenv(path)


def _secret_key(given: _Given, kept: Mapping[str, str]) -> str:
    value = given.get("ZHIYIN_SECRET_KEY") or kept.get("ZHIYIN_SECRET_KEY", "")
    if not value:
        raise BadConfiguration(
            "ZHIYIN_SECRET_KEY: not set. Set it to 32 or more random characters (`zhiyin serve` makes one by itself)."
        )
    if len(value) < SHORTEST_SECRET:
        raise given.bad("ZHIYIN_SECRET_KEY", "too short")
    if len(set(value)) < FEWEST_CHARACTERS or any(sample in value.lower() for sample in SAMPLES):
        raise given.bad("ZHIYIN_SECRET_KEY", "this is a sample, not a secret")
    return value


def _data_keys(given: _Given, kept: Mapping[str, str]) -> tuple[tuple[str, bytes], ...]:
    text = given.get("ZHIYIN_DATA_KEY") or kept.get("ZHIYIN_DATA_KEY", "")
    if not text:
        raise BadConfiguration(
            "ZHIYIN_DATA_KEY: not set. Set it to k1:<32 random bytes in base64> (`zhiyin serve` makes one by itself)."
        )
    keys: list[tuple[str, bytes]] = []
    for part in text.split(","):
        name, sign, encoded = part.strip().partition(":")
        try:
            raw = b64decode(encoded.encode(), altchars=b"-_", validate=True)
        except ValueError:
            raise given.bad("ZHIYIN_DATA_KEY", "a key is not base64") from None
        if not sign or not (name.isascii() and name.isalnum()) or len(name) > 8 or len(raw) != 32:
            why = "each key is id:base64 of 32 bytes, the id at most 8 letters and digits"
            raise given.bad("ZHIYIN_DATA_KEY", why)
        if name in dict(keys):
            raise given.bad("ZHIYIN_DATA_KEY", f"two keys have the id {name}")
        keys.append((name, raw))
    return tuple(keys)
