"""The 21st dead link within ten minutes is 429; whoever holds a live one never notices (R17)."""

from datetime import timedelta
from statistics import median
from time import perf_counter

import pytest

from zhiyin.outreach.testing import NOW
from zhiyin.outreach.tokens import end_links, new_token, token_hash
from zhiyin.responses.models import Stranger
from zhiyin.responses.strangers import ALLOWED, WINDOW, Strangers, address_key, forget_strangers, sender_of
from zhiyin.responses.submission import find_link
from zhiyin.responses.testing import GOOD, Browser, make_link, make_links

SECOND = timedelta(seconds=1)
HERE = address_key("203.0.113.7")


@pytest.mark.django_db
class TestTheLimit:
    def test_the_21st_is_429_and_valid_links_stay_open(self) -> None:
        live, other = make_links(2)
        browser = Browser()
        pages = [browser.get(f"/s/{new_token()}") for _ in range(ALLOWED + 1)]
        assert [page.status for page in pages] == [404] * ALLOWED + [429]
        assert pages[-1].headers["Retry-After"] == "600"
        assert pages[-1].body == pages[0].body
        assert browser.get(f"/s/{live}").status == 200
        assert browser.post(f"/s/{live}", GOOD).status == 200
        assert browser.get(f"/s/{other}", REMOTE_ADDR="203.0.113.8").status == 200

    def test_another_process_counts_on_where_this_one_was(self) -> None:
        for _ in range(ALLOWED):
            assert Browser().get("/s/abcdefabcdef").status == 404
        assert Browser().get("/s/abcdefabcdef").status == 429

    def test_used_and_expired_links_count_like_unknown_ones(self) -> None:
        used = make_link()
        browser = Browser()
        browser.post(f"/s/{used}", GOOD)
        statuses = [browser.get(f"/s/{used}").status for _ in range(ALLOWED)]
        assert statuses == [404] * ALLOWED
        assert browser.get("/s/abcdefabcdef").status == 429
        assert browser.get(f"/s/{used}").status == 429

    def test_the_window_slides(self) -> None:
        strangers, now = Strangers(), NOW
        for place in range(ALLOWED):
            assert strangers.may_go_on(HERE, now=now + place * SECOND)
        last = now + WINDOW - timedelta(microseconds=1)
        assert not strangers.may_go_on(HERE, now=last)
        assert not Strangers().may_go_on(HERE, now=last)
        assert strangers.may_go_on(HERE, now=now + WINDOW)  # the first of the twenty is ten minutes old
        assert not strangers.may_go_on(HERE, now=now + WINDOW)

    def test_a_flood_writes_nothing(self, django_assert_num_queries: object) -> None:
        strangers = Strangers()
        for _ in range(ALLOWED + 1):
            strangers.may_go_on(HERE, now=NOW)
        with django_assert_num_queries(0):  # type: ignore[operator]  # pytest-django's fixture is a context manager
            for _ in range(100):
                assert not strangers.may_go_on(HERE, now=NOW + SECOND)

    def test_what_no_longer_counts_is_forgotten(self) -> None:
        Strangers().may_go_on(HERE, now=NOW)
        assert forget_strangers(now=NOW + WINDOW - SECOND) == 0
        assert forget_strangers(now=NOW + WINDOW) == 1
        assert not Stranger.objects.exists()

    def test_no_address_is_kept(self) -> None:
        Browser().get("/s/abcdefabcdef")
        (row,) = Stranger.objects.values_list()
        assert "203.0.113.7" not in repr(row)


class TestWhoIsThere:
    @pytest.mark.parametrize(
        ("trusted", "forwarded", "sender"),
        [
            (0, "1.1.1.1", "9.9.9.9"),
            (1, "1.1.1.1", "1.1.1.1"),
            (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
            (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
            (2, "2.2.2.2", "9.9.9.9"),
            (1, "", "9.9.9.9"),
            pytest.param(1, ", ".join(["6.6.6.6"] * 500 + ["1.1.1.1"]), "1.1.1.1", id="A80 five hundred entries"),
        ],
    )
    def test_only_our_own_proxies_are_believed(
        self, settings: object, trusted: int, forwarded: str, sender: str
    ) -> None:
        settings.TRUSTED_PROXIES = trusted  # type: ignore[attr-defined]  # pytest-django's fixture
        assert sender_of({"REMOTE_ADDR": "9.9.9.9", "HTTP_X_FORWARDED_FOR": forwarded}) == sender

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("2001:db8::1", "2001:db8::ffff", True),
            ("2001:db8::1", "2001:db8:0:1::1", False),
            ("::ffff:1.2.3.4", "1.2.3.4", True),
            ("fe80::1%eth0", "fe80::1", True),
            ("1.2.3.4", "1.2.3.5", False),
            ("unix", "unix", True),
        ],
    )
    def test_a_household_is_one_address(self, one: str, other: str, same: bool) -> None:
        assert (address_key(one) == address_key(other)) is same


@pytest.mark.slow
@pytest.mark.django_db
def test_time_tells_nothing_either() -> None:
    """R17: the medians of unknown, used and expired links are within five milliseconds of each other."""
    used, expired = make_links(2)
    browser = Browser()
    browser.post(f"/s/{used}", GOOD)
    link = find_link(token_hash(expired))
    assert link is not None
    end_links(link.customer_id or 0, now=browser.now)
    took: dict[str, list[float]] = {"unknown": [], "used": [], "expired": []}
    for number in range(2000):
        address = f"10.{number % 250}.{number // 250}.1"
        for kind, token in (("unknown", new_token()), ("used", used), ("expired", expired)):
            begin = perf_counter()
            assert browser.get(f"/s/{token}", REMOTE_ADDR=address).status == 404
            took[kind].append(perf_counter() - begin)
    medians = [median(times) for times in took.values()]
    assert max(medians) - min(medians) < 0.005
