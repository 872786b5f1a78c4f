"""Signing in and out in the browser, sessions that end, and the people page of the administrator."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory

from zhiyin.config import settings as product
from zhiyin.people.actions import StaffGiven, put_staff, set_staff_active
from zhiyin.people.models import Staff
from zhiyin.people.sign_in import MOST_FAILURES
from zhiyin.people.testing import NOW, PASSWORD, SYSTEM, make_staff, make_tree
from zhiyin.people.views import client_address

LOG_IN, PEOPLE = "/log-in/", "/settings/users/"
START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


def account(role: str = "administrator", *, unit: str = "HQ") -> str:
    make_tree()
    return Staff.objects.get(pk=make_staff(role, unit=unit, password=PASSWORD).staff_id).email or ""


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post(LOG_IN, {"email": email, "password": password, **more})


class TestSigningIn:
    def test_leads_to_where_one_wanted_to_go(self, client):
        email = account()
        wanted = client.get(PEOPLE)
        assert (wanted.status_code, wanted.headers["Location"]) == (302, f"{LOG_IN}?next=%2Fsettings%2Fusers%2F")
        assert sign_in(client, email, next=PEOPLE).headers["Location"] == PEOPLE
        assert client.get(PEOPLE).status_code == 200

    @pytest.mark.parametrize(
        "elsewhere",
        ["//evil.example", "https://evil.example/", "javascript:alert(1)", "\\\\evil.example", "http:///evil"],
    )
    def test_never_leads_to_another_site(self, client, elsewhere):
        assert sign_in(client, account(), next=elsewhere).headers["Location"] == "/"

    def test_every_failure_shows_the_same_page(self, client):
        email = account()
        pages = [sign_in(client, who, "wrong") for who in (email, "nobody@example.com")]
        assert [page.status_code for page in pages] == [422, 422]
        one, two = (page.content.decode().replace(email, "E").replace("nobody@example.com", "E") for page in pages)
        assert without_codes(one) == without_codes(two)
        assert PASSWORD not in one
        assert "wrong" not in one

    def test_too_many_failures_must_wait(self, client):
        email = account()
        for _ in range(MOST_FAILURES):
            assert sign_in(client, email, "wrong").status_code == 422
        assert sign_in(client, email).status_code == 429

    def test_an_invented_forwarding_header_opens_no_new_counter(self, client):
        email = account()
        for number in range(MOST_FAILURES):
            client.post(LOG_IN, {"email": email, "password": "x"}, headers={"x-forwarded-for": f"198.51.100.{number}"})
        last = client.post(LOG_IN, {"email": email, "password": PASSWORD}, headers={"x-forwarded-for": "192.0.2.1"})
        assert last.status_code == 429

    def test_the_session_gets_a_new_key(self, client):
        email = account()
        client.get(LOG_IN)
        session = client.session
        session["x"] = 1
        session.save()
        before = session.session_key
        sign_in(client, email)
        assert client.session.session_key != before
        assert not Session.objects.filter(session_key=before).exists()

    def test_the_log_in_page_of_somebody_signed_in_leads_home(self, client):
        sign_in(client, account())
        assert client.get(LOG_IN).headers["Location"] == "/"

    @pytest.mark.parametrize("password", ["x" * 10_000, "\0", "\u202e"])
    def test_an_impossible_password_is_only_a_wrong_one(self, client, password):
        assert sign_in(client, account(), password).status_code == 422

    @pytest.mark.parametrize("email", ["\0", "a\0@example.com", "x" * 10_000, "‮", "' OR 1=1 --"])
    def test_an_impossible_name_is_only_an_unknown_one(self, client, email):
        account()
        assert sign_in(client, email).status_code == 422

    def test_a_form_without_its_token_is_refused(self):
        client = Client(enforce_csrf_checks=True)
        assert sign_in(client, account()).status_code == 403

    def test_the_product_hashes_passwords_at_full_strength(self):
        assert product.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        assert (Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost) >= (2, 19 * 1024)


def without_codes(page: str) -> str:
    """The page without what differs in every answer: the nonce, the form's token, the request's code."""
    return "\n".join(line for line in page.splitlines() if "nonce" not in line and "csrf" not in line.lower())


class TestSessions:
    def test_half_an_hour_of_quiet_ends_it(self, client):
        email = account()
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client, email)
            assert client.get(PEOPLE).status_code == 200
            clock.shift(timedelta(minutes=29))
            assert client.get(PEOPLE).status_code == 200
            clock.shift(timedelta(minutes=30))
            assert client.get(PEOPLE).status_code == 200
            clock.shift(timedelta(minutes=30, seconds=1))
            assert client.get(PEOPLE).status_code == 302

    def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(self, client):
        email = account()
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client, email)
            client.get(PEOPLE)
            for _ in range(31):
                clock.shift(timedelta(minutes=1))
                refreshed = client.get(PEOPLE, headers={"x-zhiyin-refresh": "1"})
            assert refreshed.status_code == 302

    def test_after_twelve_hours_it_ends_however_busy(self, client):
        email = account()
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client, email)
            for _ in range(12 * 3):
                assert client.get(PEOPLE).status_code == 200
                clock.shift(timedelta(minutes=20))
            assert client.get(PEOPLE).status_code == 200
            clock.shift(timedelta(minutes=1))
            assert client.get(PEOPLE).status_code == 302

    def test_who_is_locked_out_is_out_at_the_next_request(self, client):
        email = account()
        make_staff("administrator", unit="HQ", password=PASSWORD)
        sign_in(client, email)
        assert client.get(PEOPLE).status_code == 200
        set_staff_active(Staff.objects.get(email=email).pk, active=False, by=SYSTEM, now=NOW)
        assert client.get(PEOPLE).status_code == 302

    def test_a_role_cut_short_counts_at_the_next_request(self, client):
        email = account()
        make_staff("administrator", unit="HQ", password=PASSWORD)
        sign_in(client, email)
        put_staff(StaffGiven("某人", "HQ", "agent", email=email), by=SYSTEM, now=NOW)
        assert client.get(PEOPLE).status_code == 403

    def test_a_new_password_ends_every_session(self, client):
        email = account()
        sign_in(client, email)
        put_staff(
            StaffGiven("某人", "HQ", "administrator", email=email, password="another good one"), by=SYSTEM, now=NOW
        )
        assert client.get(PEOPLE).status_code == 302

    def test_logging_out_ends_it(self, client):
        sign_in(client, account())
        assert client.get("/log-out/").status_code == 405
        assert client.post("/log-out/").headers["Location"] == LOG_IN
        assert client.get(PEOPLE).status_code == 302

    def test_a_fragment_is_sent_to_the_log_in_page_as_a_whole(self, client):
        account()
        answer = client.get(PEOPLE, headers={"hx-request": "true"})
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, LOG_IN)

    def test_a_fresh_installation_leads_to_the_first_page(self, client):
        assert client.get("/").headers["Location"].startswith("/start/")


class TestAddresses:
    @pytest.mark.parametrize(
        ("trusted", "forwarded", "address"),
        [
            (0, "", "203.0.113.7"),
            (0, "198.51.100.1", "203.0.113.7"),
            (1, "", "203.0.113.7"),
            (1, "198.51.100.1", "198.51.100.1"),
            (1, "10.9.9.9, 198.51.100.1", "198.51.100.1"),
            (2, "10.9.9.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            (2, "198.51.100.1", "203.0.113.7"),
            (1, ", ,198.51.100.1 ,", "198.51.100.1"),
            (1, "x" * 500, "x" * 45),
        ],
    )
    def test_only_as_many_hops_as_are_our_own_are_believed(self, settings, trusted, forwarded, address):
        settings.TRUSTED_PROXIES = trusted
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        assert client_address(RequestFactory().get("/", REMOTE_ADDR="203.0.113.7", headers=headers)) == address


class TestPeoplePage:
    FORM = {"name": "周敏", "unit": "N-1", "role": "agent", "code": "A77", "email": "zhou@example.com"}

    @pytest.fixture
    def page(self, client) -> Client:
        sign_in(client, account())
        return client

    def test_shows_the_tree_and_who_is_in_it(self, page):
        shown = page.get(PEOPLE).content.decode()
        assert "North 1" in shown
        assert "N-1" in shown

    def test_adds_somebody(self, page):
        assert page.post(PEOPLE, self.FORM | {"password": PASSWORD}).headers["Location"] == PEOPLE
        assert Staff.objects.get(code="A77").email == "zhou@example.com"

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"name": ""}, "name"),
            ({"name": "a\0b"}, "NUL"),
            ({"name": "x" * 121}, "120"),
            ({"unit": "nowhere"}, "nowhere"),
            ({"unit": ""}, "unit"),
            ({"role": "boss"}, "role"),
            ({"email": "not an address"}, "email"),
            ({"email": "a@example.com, b@example.com"}, "email"),
            ({"code": "", "email": ""}, "code or an e-mail"),
            ({"password": "short"}, "short"),
        ],
    )
    def test_says_what_is_wrong_and_writes_nothing(self, page, wrong, said):
        before = Staff.objects.count()
        answer = page.post(PEOPLE, self.FORM | wrong)
        assert answer.status_code == 200
        assert said in answer.content.decode()
        assert Staff.objects.count() == before

    def test_locks_somebody_out_and_lets_them_in_again(self, page):
        key = make_staff().staff_id
        for active in (False, True):
            page.post(f"{PEOPLE}{key}/active/", {"active": "1" if active else "0"})
            assert Staff.objects.get(pk=key).is_active is active

    def test_refuses_to_lock_out_the_last_administrator(self, page):
        me = Staff.objects.get(role="administrator")
        page.post(f"{PEOPLE}{me.pk}/active/", {"active": "0"})
        assert Staff.objects.get(pk=me.pk).is_active
        assert "last administrator" in page.get(PEOPLE).content.decode()

    @pytest.mark.parametrize("role", ["agent", "team_lead", "quality_manager", "executive", "auditor"])
    def test_is_for_administrators(self, client, role):
        sign_in(client, account(role))
        assert client.get(PEOPLE).status_code == 403
        assert client.post(PEOPLE, self.FORM).status_code == 403
        somebody = make_staff().staff_id
        client.post(f"{PEOPLE}{somebody}/active/", {"active": "0"})
        assert Staff.objects.get(pk=somebody).is_active

    def test_a_branchs_administrator_sees_only_the_branch(self, client):
        sign_in(client, account(unit="N"))
        shown = client.get(PEOPLE).content.decode()
        assert "North 1" in shown
        assert "South" not in shown
        outsider = make_staff(unit="S-1").staff_id
        client.post(f"{PEOPLE}{outsider}/active/", {"active": "0"})
        assert Staff.objects.get(pk=outsider).is_active

    def test_anybody_says_that_they_are_away(self, client):
        email = account("agent", unit="N-1")
        sign_in(client, email)
        assert client.post("/me/away/", {"away": "1", "next": "//evil.example"}).headers["Location"] == "/"
        assert Staff.objects.get(email=email).is_away
