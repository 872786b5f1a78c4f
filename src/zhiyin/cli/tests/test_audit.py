"""``audit verify`` and ``check``: exit 1 and the first bad row when something is not as it was."""

from datetime import date

import pytest

from zhiyin.cli import audit, boot
from zhiyin.cli.tests.commands import runner
from zhiyin.ledger import chain
from zhiyin.ledger.testing import event_rows, write
from zhiyin.lib.holidays import chinese_holidays
from zhiyin.people.testing import given, known
from zhiyin.people.vault import vault

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    return runner(capsys)


@pytest.fixture(autouse=True)
def _data_dir(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path


class TestVerify:
    def test_says_how_long_the_chain_is_and_how_it_ends(self, run):
        write(5)
        chain.seal_all()
        write(2)
        done = run("audit", "verify")
        assert done.code == 0
        assert done.out == f"rows=5 pending=2 last_seal={chain.verify().last_seal}\n"

    def test_changes_nothing_itself(self, run):
        write(2)
        run("audit", "verify")
        assert event_rows().filter(sequence=None).count() == 2

    def test_ends_with_1_and_names_the_first_bad_row(self, run):
        write(5)
        chain.seal_all()
        event_rows().filter(sequence=3).update(actor="staff:99")
        key = event_rows().get(sequence=3).pk
        done = run("audit", "verify")
        assert (done.code, done.err) == (1, f"audit: sequence 3 (event {key}): its content was changed\n")


class TestCheck:
    def test_a_sound_installation_is_three_things(self, run):
        write(3)
        chain.seal_all()
        done = run("check")
        assert (done.code, done.err) == (0, "")
        assert "migrations waiting: 0" in done.out
        assert "ledger rows=3 sound" in done.out

    def test_holidays_that_run_out_are_told_a_month_before(self, run):
        last = max(chinese_holidays().years or ())
        assert f"-{last}" in run("check").out
        assert "WARNING" not in audit._holidays(date(last, 11, 20))
        assert f"WARNING: those of {last + 1} are not known" in audit._holidays(date(last, 12, 5))

    def test_a_tampered_ledger_ends_with_1(self, run):
        write(3)
        chain.seal_all()
        event_rows().filter(sequence=2).delete()
        done = run("check")
        assert done.code == 1
        assert "sequence 2: the row is missing" in done.err

    def test_waiting_migrations_end_with_1_and_name_the_step(self, run, monkeypatch):
        monkeypatch.setattr("zhiyin.cli.audit.waiting_migrations", lambda: 2)
        done = run("check")
        assert done.code == 1
        assert "2 migrations wait: run `zhiyin migrate`." in done.err

    def test_c24_keys_that_do_not_open_what_is_stored_end_with_2(self, run, settings):
        known(given("C1", "13800138000"))
        settings.DATA_KEYS = (("other", b"\1" * 32),)
        vault.cache_clear()
        try:
            done = run("check")
        finally:
            vault.cache_clear()
        assert done.code == 2
        assert done.err.startswith("ZHIYIN_DATA_KEY: it does not open what is stored: no key with the id 'test'")


class TestBoot:
    def test_a_sound_installation_starts(self):
        boot.ready_to_start(patience=0)

    def test_c40_a_newer_database_is_left_alone(self, monkeypatch):
        monkeypatch.setattr(boot, "newer_migrations", lambda: ["cases.0007_later"])
        with pytest.raises(boot.BadInput, match=r"newer version \(cases\.0007_later\)"):
            boot.ready_to_start(patience=0)

    def test_c40_what_the_database_took_and_we_do_not_know_is_found(self):
        from django.db.migrations.recorder import MigrationRecorder  # noqa: PLC0415  (only here)

        assert boot.newer_migrations() == []
        for room, name in (("cases", "0007_later"), ("somebody_else", "0001_initial")):
            MigrationRecorder.Migration.objects.create(app=room, name=name)
        assert boot.newer_migrations() == ["cases.0007_later"]

    def test_c41_an_older_database_says_what_to_run(self, monkeypatch):
        monkeypatch.setattr(boot, "waiting_migrations", lambda: 3)
        with pytest.raises(boot.BadInput, match="3 migrations behind this version. Run: zhiyin migrate"):
            boot.ready_to_start(patience=0)
