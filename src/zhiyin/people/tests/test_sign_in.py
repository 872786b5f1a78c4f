"""Who may come in: one answer for every failure, counters by account and by account and address."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from zhiyin.ledger.queries import events
from zhiyin.people import sign_in
from zhiyin.people.actions import set_staff_active
from zhiyin.people.models import Staff
from zhiyin.people.sign_in import MOST_FAILURES, MOST_FAILURES_OF_ACCOUNT, WINDOW, Verdict, try_sign_in
from zhiyin.people.testing import NOW, PASSWORD, SYSTEM, make_staff, make_tree

HERE, THERE = "203.0.113.7", "203.0.113.8"
pytestmark = pytest.mark.django_db


@pytest.fixture
def email() -> str:
    make_tree()
    by = make_staff(password=PASSWORD)
    return Staff.objects.get(pk=by.staff_id).email or ""


def attempt(email: str, password: str = "wrong", *, address: str = HERE, now=NOW) -> Verdict:
    return try_sign_in(email=email, password=password, address=address, now=now)


class TestComingIn:
    @pytest.mark.parametrize(
        "typed", [str, str.upper, lambda email: f"  {email} "], ids=["exact", "capitals", "padded"]
    )
    def test_the_right_password_opens(self, email, typed):
        verdict = attempt(typed(email), PASSWORD)
        assert verdict.staff is not None
        assert verdict.staff.email == email
        (fact,) = events(kind="people.signed_in")
        assert fact.actor == f"staff:{verdict.staff.pk}"

    @pytest.mark.parametrize("password", ["correct horse battery ", "  spaced  secret ", "密码 with 😀 emoji"])
    def test_a_password_is_taken_exactly(self, email, password):
        row = Staff.objects.get(email=email)
        row.set_password(password)
        row.save(update_fields=["password"])
        assert attempt(email, password).staff is not None
        assert attempt(email, password.strip() + "x").staff is None

    @pytest.mark.parametrize(
        ("typed", "password"),
        [
            ("nobody@example.com", PASSWORD),
            ("", PASSWORD),
            ("{email}", ""),
            ("{email}", PASSWORD + " "),
            ("{email}\0", PASSWORD),
            ("{email}", PASSWORD + "\0"),
            ("{email}", "x" * 10_000),
            ("nobody\0@example.com", "x"),
        ],
    )
    def test_everything_else_gets_one_answer(self, email, typed, password):
        assert attempt(typed.format(email=email), password) == Verdict(None, must_wait=False)

    def test_who_was_locked_out_gets_the_same_answer_with_the_right_password(self, email):
        set_staff_active(Staff.objects.get(email=email).pk, active=False, by=SYSTEM, now=NOW)
        assert attempt(email, PASSWORD) == Verdict(None, must_wait=False)

    def test_somebody_without_a_password_cannot_come_in(self):
        make_tree()
        email = Staff.objects.get(pk=make_staff().staff_id).email or ""
        assert attempt(email, "") == Verdict(None)

    def test_a_failure_is_recorded_without_what_was_typed(self, email):
        attempt(email, "my other password")
        facts = list(events(kind="people.sign_in_failed"))
        assert facts
        assert email not in str(facts)
        assert "my other password" not in str(facts)


class TestSlowingDown:
    def test_the_eleventh_try_from_one_address_must_wait_even_with_the_right_password(self, email):
        for _ in range(MOST_FAILURES):
            assert not attempt(email).must_wait
        assert attempt(email, PASSWORD) == Verdict(None, must_wait=True)

    def test_from_another_address_the_owner_still_comes_in(self, email):
        for _ in range(MOST_FAILURES):
            attempt(email)
        assert attempt(email, PASSWORD, address=THERE).staff is not None

    def test_many_addresses_together_lock_the_account(self, email):
        for number in range(MOST_FAILURES_OF_ACCOUNT):
            attempt(email, address=f"198.51.100.{number}")
        assert attempt(email, PASSWORD, address=THERE).must_wait

    def test_an_unknown_account_is_slowed_like_a_known_one(self):
        for _ in range(MOST_FAILURES):
            assert not attempt("nobody@example.com").must_wait
        assert attempt("nobody@example.com").must_wait

    def test_another_account_from_the_same_address_is_not_touched(self, email):
        for _ in range(MOST_FAILURES):
            attempt("nobody@example.com")
        assert attempt(email, PASSWORD).staff is not None

    def test_a_success_resets_nothing(self, email):
        for _ in range(MOST_FAILURES - 1):
            attempt(email)
        assert attempt(email, PASSWORD).staff is not None
        attempt(email)
        assert attempt(email, PASSWORD).must_wait

    def test_after_a_quarter_of_an_hour_it_is_forgotten(self, email):
        for _ in range(MOST_FAILURES):
            attempt(email)
        assert attempt(email, PASSWORD, now=NOW + WINDOW - timedelta(microseconds=1)).must_wait
        assert attempt(email, PASSWORD, now=NOW + WINDOW).staff is not None

    def test_a_request_without_an_address_is_counted_like_any(self, email):
        for _ in range(MOST_FAILURES):
            assert not attempt(email, address="").must_wait
        assert attempt(email, PASSWORD, address="").must_wait


class TestEqualWork:
    """Timing tells nothing when every answer costs the same: one hash, whoever is asked for."""

    @pytest.fixture
    def hashed(self, monkeypatch) -> Iterator[list[str]]:
        sign_in._dummy()  # made once per process
        seen: list[str] = []
        check = sign_in.check_password

        def counted(password: str, encoded: str) -> bool:
            seen.append(encoded.split("$", 1)[0] + encoded.split("$")[3])
            return check(password, encoded)

        monkeypatch.setattr(sign_in, "check_password", counted)
        return iter([seen])

    @pytest.mark.parametrize("who", ["known", "unknown", "locked out", "without password", "too long", "nul"])
    def test_every_answer_costs_one_hash_with_the_same_parameters(self, email, hashed, who):
        (seen,) = hashed
        password = "wrong"
        if who == "unknown":
            email = "nobody@example.com"
        if who == "locked out":
            set_staff_active(Staff.objects.get(email=email).pk, active=False, by=SYSTEM, now=NOW)
        if who == "without password":
            email = Staff.objects.get(pk=make_staff().staff_id).email or ""
        if who == "too long":
            password = "x" * 10_000
        if who == "nul":
            password = "\0"
        attempt(email, password)
        known = sign_in._dummy()
        assert seen == [known.split("$", 1)[0] + known.split("$")[3]]
