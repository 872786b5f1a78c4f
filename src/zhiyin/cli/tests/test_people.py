"""``init``, ``user create``, ``apikey create`` and ``erase``: what is printed works, and nothing of it is kept."""

import re

import pytest
from django.utils import timezone

from zhiyin.cli.tests.commands import runner
from zhiyin.ledger import chain
from zhiyin.people.queries import organisation
from zhiyin.people.sign_in import try_sign_in
from zhiyin.people.testing import api_keys, customers, given, identities, known, make_tree, members

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    return runner(capsys)


class TestInit:
    def test_founds_an_organisation_from_a_pack(self, run):
        done = run("init", "--template", "hotline", "--name", "云桥")
        assert (done.code, done.out) == (0, "organisation=云桥 pack=hotline\n")
        found = organisation()
        assert found is not None
        assert (found.name["zh-hans"], found.pack) == ("云桥", "hotline")

    def test_there_is_one_organisation(self, run):
        run("init", "--template", "hotline")
        done = run("init", "--template", "hotline")
        assert (done.code, done.out) == (1, "")
        assert len(done.err.strip().splitlines()) == 1

    def test_an_unknown_pack_is_refused_with_those_that_there_are(self, run):
        done = run("init", "--template", "circus")
        assert done.code == 2
        assert "hotline" in done.err
        assert organisation() is None


class TestUsers:
    @pytest.fixture(autouse=True)
    def _tree(self) -> None:
        make_tree()

    def test_the_printed_password_opens_the_door_and_is_kept_nowhere(self, run):
        done = run("user", "create", "Zhou@example.com", "--role", "team_lead", "--unit", "N-1", "--name", "周敏")
        found = re.fullmatch(r"email=(\S+) role=team_lead unit=N-1 password=(\S{16})\n", done.out)
        assert found, done
        row = members().get()
        assert (row.email, row.name, row.role, row.unit.code) == ("zhou@example.com", "周敏", "team_lead", "N-1")
        assert found[2] not in repr(members().values())
        verdict = try_sign_in(email=found[1], password=found[2], address="127.0.0.1", now=timezone.now())
        assert verdict.staff == row

    def test_the_top_unit_and_the_e_mails_first_part_are_the_defaults(self, run):
        assert run("user", "create", "zhou@example.com", "--role", "administrator").code == 0
        row = members().get()
        assert (row.name, row.unit.code) == ("zhou", "HQ")

    def test_again_sets_a_new_password(self, run):
        first, second = (run("user", "create", "zhou@example.com", "--role", "agent").out for _ in range(2))
        assert first != second
        assert members().count() == 1

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("not an address", "--role", "agent"), "EMAIL not an address: not an e-mail address."),
            (("a@example.com", "--role", "agent", "--unit", "nowhere"), "--unit nowhere: "),
        ],
    )
    def test_what_makes_no_sense_ends_with_2(self, run, arguments, said):
        done = run("user", "create", *arguments)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(said)
        assert not members().exists()


def test_nobody_without_an_organisation(run):
    done = run("user", "create", "zhou@example.com", "--role", "agent")
    assert done.code == 1
    assert "zhiyin init --template hotline" in done.err


class TestKeys:
    @pytest.fixture(autouse=True)
    def _tree(self) -> None:
        make_tree()

    @pytest.mark.parametrize("scope", ["read", "write"])
    def test_the_secret_is_all_that_is_printed(self, run, scope):
        done = run("apikey", "create", "--name", "cti", "--scope", scope, "--unit", "N")
        assert re.fullmatch(r"zy_\S{40}\n", done.out)
        row = api_keys().get()
        assert (row.name, row.scope, row.unit and row.unit.code) == ("cti", scope, "N")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--name", "cti", "--unit", "nowhere"), "--unit nowhere: "),
            (("--name", "x" * 81), "--name: "),
            (("--name", " "), "--name: "),
        ],
    )
    def test_what_makes_no_sense_ends_with_2(self, run, arguments, said):
        done = run("apikey", "create", "--scope", "read", *arguments)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(said)
        assert not api_keys().exists()


def test_what_a_command_told_the_ledger_is_sealed_when_it_ends(run):
    run("init", "--template", "hotline")
    verdict = chain.verify()
    assert verdict.rows > 0
    assert verdict.pending == 0
    assert run("user", "create", "zhou@example.com", "--role", "agent").code == 0
    after = chain.verify()
    assert (after.rows, after.pending, after.fault) == (verdict.rows + 1, 0, "")


class TestErasing:
    @pytest.fixture(autouse=True)
    def _customer(self) -> None:
        make_tree()
        known(given("C-1", "13800138000"))

    def test_whoever_is_erased_has_no_name_and_no_phone_left_and_gets_no_message(self, run):
        done = run("erase", "C-1", "--yes")
        assert (done.code, done.out) == (0, "customer=C-1 erased\n")
        row = customers().get()
        assert row.erased_at is not None
        assert row.opted_out_at is not None
        assert {bytes(one.value_sealed) for one in identities()} == {b""}
        assert {one.masked for one in identities()} == {""}
        assert chain.verify().fault == ""

    def test_not_twice_and_nobody_who_is_not_there(self, run):
        run("erase", "C-1", "--yes")
        again, unknown = run("erase", "C-1", "--yes"), run("erase", "C-9", "--yes")
        assert (again.code, unknown.code) == (2, 2)
        assert "already" in again.err
        assert "no such customer" in unknown.err
