"""The environment is checked whole before anything starts; each refusal names key, origin, expectation and cure.

The ids are those of the bad-input catalogue, section 3.6.
"""

from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from zhiyin.config import environment
from zhiyin.config.environment import BadConfiguration, Environment

SECRET = "for-tests-only-and-known-to-everybody"
KEY = "k1:" + urlsafe_b64encode(b"this key is known to everybody!!").decode()
OTHER = "k2:" + b64encode(b"\xff" * 32).decode().replace("+", "-").replace("/", "_")
LEAST = {"ZHIYIN_SECRET_KEY": SECRET, "ZHIYIN_DATA_KEY": KEY}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, so that a ``.env`` of the developer's counts for nothing."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(**changes: str) -> Environment:
    return environment.read({**LEAST, **changes})


def refusal(environ: dict[str, str] | None = None, **changes: str) -> str:
    with pytest.raises(BadConfiguration) as refused:
        environment.read({**LEAST, **changes} if environ is None else environ)
    said = str(refused.value)
    assert "\n" not in said
    return said


class TestDefaults:
    def test_two_secrets_are_all_that_is_needed(self, home):
        found = read()
        assert found == Environment(
            data_dir=home / "zhiyin-data",
            database_url=f"sqlite:///{home / 'zhiyin-data' / 'zhiyin.sqlite3'}",
            analytics_url="embedded",
            base_url="http://127.0.0.1:8000",
            secret_key=SECRET,
            data_keys=(("k1", b"this key is known to everybody!!"),),
            time_zone="Asia/Shanghai",
            language="zh-hans",
            debug=False,
            trusted_proxies=0,
            web_workers=2,
        )

    def test_everything_can_be_said(self, home):
        found = read(
            ZHIYIN_DATA_DIR="data",
            ZHIYIN_DATABASE_URL="postgresql://zhiyin:p%40ss@db:5433/zhiyin",
            ZHIYIN_BASE_URL="http://fk.example.cn:8080/",
            ZHIYIN_DATA_KEY=f"{OTHER},{KEY}",
            ZHIYIN_TIME_ZONE="UTC",
            ZHIYIN_LANGUAGE="en",
            ZHIYIN_DEBUG="1",
            ZHIYIN_TRUSTED_PROXIES="2",
            ZHIYIN_WEB_WORKERS="64",
            ZHIYIN_PRIVATE_GATEWAYS="Gateway.lan, 10.0.0.7,",
        )
        assert (found.data_dir, found.base_url) == (home / "data", "http://fk.example.cn:8080")
        assert [name for name, _ in found.data_keys] == ["k2", "k1"]
        assert (found.time_zone, found.language, found.debug) == ("UTC", "en", True)
        assert (found.trusted_proxies, found.web_workers) == (2, 64)
        assert found.private_gateways == ("gateway.lan", "10.0.0.7")

    def test_what_is_not_ours_is_not_looked_at(self):
        assert read(PATH="/bin", DATABASE_URL="x") == read()

    def test_no_gateway_may_be_said_with_nothing(self):
        assert read(ZHIYIN_PRIVATE_GATEWAYS="").private_gateways == ()


BAD = [
    ("C12-near-name", {"ZHIYIN_DATABSE_URL": "x"}, "ZHIYIN_DATABSE_URL", "Did you mean ZHIYIN_DATABASE_URL?"),
    (
        "C12-far-name",
        {"ZHIYIN_ELEPHANTS_SEEN_AT_NIGHT": "x"},
        "ZHIYIN_ELEPHANTS_SEEN_AT_NIGHT",
        "Known keys: ZHIYIN_DATA_DIR",
    ),
    ("C17-set-and-empty", {"ZHIYIN_LANGUAGE": ""}, "ZHIYIN_LANGUAGE", "it is set, and empty"),
    ("C17-set-and-blank", {"ZHIYIN_DATA_DIR": "  "}, "ZHIYIN_DATA_DIR", "it is set, and empty"),
    ("C20-sample", {"ZHIYIN_SECRET_KEY": "change-me-change-me-change-me-0123"}, "ZHIYIN_SECRET_KEY", "a sample"),
    ("C20-one-letter", {"ZHIYIN_SECRET_KEY": "a" * 50}, "ZHIYIN_SECRET_KEY", "a sample"),
    ("C21-short", {"ZHIYIN_SECRET_KEY": "short"}, "ZHIYIN_SECRET_KEY", "too short"),
    ("C22-one-key-for-both", {"ZHIYIN_SECRET_KEY": KEY[3:]}, "ZHIYIN_SECRET_KEY", "may not both sign and encrypt"),
    ("C23-wrong-length", {"ZHIYIN_DATA_KEY": "k1:AAAA"}, "ZHIYIN_DATA_KEY", "32 bytes"),
    ("C23-no-base64", {"ZHIYIN_DATA_KEY": "k1:!!!!"}, "ZHIYIN_DATA_KEY", "not base64"),
    ("C23-no-id", {"ZHIYIN_DATA_KEY": KEY[3:]}, "ZHIYIN_DATA_KEY", "base64"),
    ("C23-empty-id", {"ZHIYIN_DATA_KEY": KEY[2:]}, "ZHIYIN_DATA_KEY", "the id at most 8"),
    ("C23-long-id", {"ZHIYIN_DATA_KEY": "k" * 9 + KEY[2:]}, "ZHIYIN_DATA_KEY", "the id at most 8"),
    ("C23-chinese-id", {"ZHIYIN_DATA_KEY": "键" + KEY[2:]}, "ZHIYIN_DATA_KEY", "the id at most 8"),
    ("C25-two-keys-one-id", {"ZHIYIN_DATA_KEY": f"{KEY},{KEY}"}, "ZHIYIN_DATA_KEY", "two keys have the id k1"),
    ("C29-user-in-url", {"ZHIYIN_BASE_URL": "http://a:b@host"}, "ZHIYIN_BASE_URL", "only scheme, host and port"),
    ("C29-path-in-url", {"ZHIYIN_BASE_URL": "http://host/zhiyin"}, "ZHIYIN_BASE_URL", "only scheme, host and port"),
    ("C29-query-in-url", {"ZHIYIN_BASE_URL": "http://host?x=1"}, "ZHIYIN_BASE_URL", "only scheme, host and port"),
    ("C29-no-scheme", {"ZHIYIN_BASE_URL": "fk.example.cn"}, "ZHIYIN_BASE_URL", "not an http(s) address"),
    ("C29-other-scheme", {"ZHIYIN_BASE_URL": "ftp://host"}, "ZHIYIN_BASE_URL", "not an http(s) address"),
    ("C29-port", {"ZHIYIN_BASE_URL": "http://host:70000"}, "ZHIYIN_BASE_URL", "cannot be read"),
    ("C29-brackets", {"ZHIYIN_BASE_URL": "http://[::1"}, "ZHIYIN_BASE_URL", "cannot be read"),
    *(
        (f"C30-{text}", {"ZHIYIN_TRUSTED_PROXIES": text}, "ZHIYIN_TRUSTED_PROXIES", "whole number")
        for text in ("*", "-1", "abc", "6", "1.5", "٣", "0001", "9" * 5000)
    ),
    ("C33-scheme", {"ZHIYIN_DATABASE_URL": "mysql://u@h/d"}, "ZHIYIN_DATABASE_URL", "unknown database scheme"),
    ("C33-no-scheme", {"ZHIYIN_DATABASE_URL": "/var/db.sqlite3"}, "ZHIYIN_DATABASE_URL", "unknown database scheme"),
    ("C33-no-path", {"ZHIYIN_DATABASE_URL": "sqlite:///"}, "ZHIYIN_DATABASE_URL", "path of the file"),
    ("C33-two-slashes", {"ZHIYIN_DATABASE_URL": "sqlite://db.sqlite3"}, "ZHIYIN_DATABASE_URL", "three slashes"),
    ("C33-no-database", {"ZHIYIN_DATABASE_URL": "postgresql://u@h"}, "ZHIYIN_DATABASE_URL", "name of the database"),
    ("C33-port", {"ZHIYIN_DATABASE_URL": "postgresql://u@h:x/d"}, "ZHIYIN_DATABASE_URL", "cannot be read"),
    ("C43-slip", {"ZHIYIN_TIME_ZONE": "Asia/Shanghia"}, "ZHIYIN_TIME_ZONE", "did you mean Asia/Shanghai"),
    ("C44-offset", {"ZHIYIN_TIME_ZONE": "UTC+8"}, "ZHIYIN_TIME_ZONE", "unknown time zone"),
    ("C44-path", {"ZHIYIN_TIME_ZONE": "../../etc/passwd"}, "ZHIYIN_TIME_ZONE", "unknown time zone"),
    ("C46-language", {"ZHIYIN_LANGUAGE": "zh_CN"}, "ZHIYIN_LANGUAGE", "use one of: zh-hans, en"),
    *(
        (f"C55-{text}", {"ZHIYIN_WEB_WORKERS": text}, "ZHIYIN_WEB_WORKERS", "whole number")
        for text in ("0", "1000", "two", "-1")
    ),
    ("C26-debug", {"ZHIYIN_DEBUG": "yes"}, "ZHIYIN_DEBUG", "use one of: 0, 1"),
    ("analytics", {"ZHIYIN_ANALYTICS_URL": "mysql://h"}, "ZHIYIN_ANALYTICS_URL", "use one of: embedded, clickhouse"),
    ("analytics-slip", {"ZHIYIN_ANALYTICS_URL": "clickhose://h"}, "ZHIYIN_ANALYTICS_URL", "did you mean clickhouse"),
    ("analytics-mirror", {"ZHIYIN_ANALYTICS_URL": "clickhouse://h"}, "ZHIYIN_ANALYTICS_URL", "say where ClickHouse"),
    ("gateway", {"ZHIYIN_PRIVATE_GATEWAYS": "http://10.0.0.7/"}, "ZHIYIN_PRIVATE_GATEWAYS", "only names"),
]


@pytest.mark.parametrize(("id", "changes", "key", "said"), BAD, ids=[id for id, *_ in BAD])
def test_a_bad_setting_is_refused_by_name_with_the_cure(id, changes, key, said):
    message = refusal(**changes)
    assert message.startswith(f"{key} (environment): ")
    assert said in message
    if "unknown setting" not in message:
        assert f"Expected {environment.KEYS[key]}" in message
        assert "got " in message


@pytest.mark.parametrize(
    "changes",
    [
        {"ZHIYIN_SECRET_KEY": "hunter2-hunter2"},
        {"ZHIYIN_DATA_KEY": "k1:hunter2hunter2"},
        {"ZHIYIN_DATABASE_URL": "mysql://zhiyin:hunter2@db/zhiyin"},
        {"ZHIYIN_DATABASE_URL": "postgresql://zhiyin:hunter2@db:x/zhiyin"},
        {"ZHIYIN_ANALYTICS_URL": "clickhouse://zhiyin:hunter2@figures/zhiyin?miror=m"},
        {"ZHIYIN_ANALYTICS_URL": "clickhouse://zhiyin:hunter2@figures:x/zhiyin"},
    ],
)
def test_a_secret_is_never_repeated(changes):
    assert "hunter2" not in refusal(**changes)
    assert "got (hidden)." in refusal(**changes)


class TestSpark:
    URL = "spark://master:7077?mirror=/mnt/mirror"

    def test_what_the_driver_needs_is_asked_for_at_the_start(self, monkeypatch, tmp_path):
        monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
        assert "pip install 'zhiyin[spark]'" in refusal(ZHIYIN_ANALYTICS_URL=self.URL)
        monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: object())
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        assert "Java 17" in refusal(ZHIYIN_ANALYTICS_URL=self.URL)
        java = tmp_path / "bin" / "java"
        java.parent.mkdir()
        java.touch(mode=0o755)
        assert read(ZHIYIN_ANALYTICS_URL=self.URL).analytics_url == self.URL


class TestSecrets:
    @pytest.mark.parametrize("key", LEAST)
    def test_c19_a_secret_that_is_absent_is_asked_for(self, key):
        message = refusal({name: value for name, value in LEAST.items() if name != key})
        assert message.startswith(f"{key}: not set.")
        assert "zhiyin serve" in message

    def test_serve_makes_them_once_where_only_the_owner_reads_them(self, home):
        first = environment.read({}, make_keys=True)
        again = environment.read({}, make_keys=True)
        assert (first.secret_key, first.data_keys) == (again.secret_key, again.data_keys)
        assert environment.read({}) == first
        kept = home / "zhiyin-data" / "keys.env"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert len(first.secret_key) >= 32
        assert [name for name, _ in first.data_keys] == ["k1"]

    def test_what_the_operator_gives_wins_over_what_was_made(self):
        environment.read({}, make_keys=True)
        assert environment.read(LEAST).secret_key == SECRET

    def test_nothing_is_made_for_anybody_else(self, home):
        refusal({})
        assert not (home / "zhiyin-data").exists()


class TestTheFile:
    def write(self, text: str | bytes) -> None:
        Path(".env").write_bytes(text.encode() if isinstance(text, str) else text)

    def test_c01_none_is_needed(self):
        read()

    @pytest.mark.parametrize(
        "text",
        [
            "ZHIYIN_LANGUAGE=en\n",
            '\n# a comment\n  export ZHIYIN_LANGUAGE = "en"  \nOTHER=x\n',
            "ZHIYIN_LANGUAGE='en'",
            b"\xef\xbb\xbfZHIYIN_LANGUAGE=en\r\nPATH=/bin\r\n",
        ],
        ids=["plain", "with export, quotes and comments", "no line end", "C14-bom-and-crlf"],
    )
    def test_a_file_is_read(self, text):
        self.write(text)
        assert read().language == "en"

    def test_c18_an_empty_file_leaves_the_defaults(self):
        self.write("")
        assert read().language == "zh-hans"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (b"ZHIYIN_LANGUAGE=\xd6\xd0\xce\xc4", "not UTF-8"),
            (b"ZHIYIN_LANGUAGE=en\0", "NUL"),
            ("ZHIYIN_LANGUAGE=en\nZHIYIN_LANGUAGE=en", "line 2: ZHIYIN_LANGUAGE is given twice"),
            ("ZHIYIN_LANGUAGE", "line 1: expected KEY=value"),
            ("# x\nlanguage: en", "line 2: expected KEY=value"),
            ("=en", "line 1: expected KEY=value"),
            ("A B=en", "line 1: expected KEY=value"),
        ],
        ids=["C04-gbk", "C05-nul", "C10-duplicate", "no value", "yaml", "no key", "a key with a space"],
    )
    def test_a_file_that_cannot_be_read_names_itself_and_the_line(self, text, said):
        self.write(text)
        message = refusal()
        assert message.startswith(".env")
        assert said in message

    def test_c03_a_folder_is_no_file(self):
        Path(".env").mkdir()
        assert refusal().startswith(".env: not a file")

    def test_c06_neither_is_a_link_that_leads_to_itself(self):
        Path(".env").symlink_to(".env")
        assert refusal().startswith(".env: not a file")

    def test_c02_a_file_that_may_not_be_read_is_named(self, monkeypatch):
        self.write("ZHIYIN_LANGUAGE=en")

        def denied(*_args: Any, **_more: Any) -> str:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_text", denied)
        assert refusal() == ".env: cannot be read (Permission denied). Save it as UTF-8 text."

    def test_c16_the_environment_wins_and_that_is_said(self):
        self.write("ZHIYIN_LANGUAGE=en\nZHIYIN_DEBUG=0")
        found = read(ZHIYIN_LANGUAGE="zh-hans", ZHIYIN_DEBUG="0")
        assert found.language == "zh-hans"
        assert found.notices == ("ZHIYIN_LANGUAGE: the environment's value is used, not the one in .env.",)

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("ZHIYIN_LANGAUGE=en", "Did you mean ZHIYIN_LANGUAGE?"),
            ("ZHIYIN_LANGUAGE=de", "use one of"),
            ("ZHIYIN_DEBUG=", "empty"),
        ],
    )
    def test_a_fault_in_the_file_says_that_it_is_there(self, line, said):
        self.write(line)
        message = refusal()
        assert " (.env): " in message
        assert said in message


class TestWhereCustomersComeIn:
    """Their address is https: no debugging, and no secrets that others can read."""

    PUBLIC = {"ZHIYIN_BASE_URL": "https://fk.example.cn"}

    def test_an_ordinary_one_starts(self):
        assert read(**self.PUBLIC).base_url == "https://fk.example.cn"

    def test_c26_debugging_is_refused(self):
        assert refusal(**self.PUBLIC, ZHIYIN_DEBUG="1").startswith("ZHIYIN_DEBUG (environment): not where customers")
        assert read(ZHIYIN_DEBUG="1").debug

    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
    def test_c13_secrets_that_others_can_read_are_refused(self, mode):
        Path(".env").write_text(f"ZHIYIN_SECRET_KEY={SECRET}\n")
        Path(".env").chmod(mode)
        environ = {"ZHIYIN_DATA_KEY": KEY, **self.PUBLIC}
        assert "chmod 600 .env" in refusal(environ)
        Path(".env").chmod(0o600)
        assert environment.read(environ).secret_key == SECRET

    def test_c13_a_file_without_secrets_may_be_read_by_anybody(self):
        Path(".env").write_text("ZHIYIN_LANGUAGE=en\n")
        Path(".env").chmod(0o644)
        assert read(**self.PUBLIC).language == "en"

    def test_c13_made_secrets_that_others_can_read_are_refused(self, home):
        environment.read({}, make_keys=True)
        (home / "zhiyin-data" / "keys.env").chmod(0o644)
        assert "keys.env: holds secrets and others can read it (mode 644)" in refusal(self.PUBLIC)


def test_a_data_folder_that_is_a_file_is_refused(home):
    (home / "data").touch()
    assert "is a file" in refusal(ZHIYIN_DATA_DIR="data")
