"""R17: guessing links leads nowhere, tells nothing, is stopped early, and never locks out whoever holds a real one."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import count
from math import expm1, log1p, log2
from statistics import median
from time import perf_counter, sleep

import pytest

from tests.stories.tiers import minutes, sized
from zhiyin.outreach.testing import invitation_rows
from zhiyin.outreach.tokens import ALPHABET, SHORTEST, end_links, new_token, token_hash
from zhiyin.responses.hot import Desk
from zhiyin.responses.strangers import ALLOWED, WINDOW, Strangers, address_key
from zhiyin.responses.submission import find_link
from zhiyin.responses.testing import GOOD, Browser, Page, make_links

GUESSES = sized(c=2_000, n=1_000_000)
LIVE = 200
SAMPLES = sized(c=100, n=2_000)
TELLING = 0.005  # seconds
A_YEAR = 365 * 86_400
pytestmark = pytest.mark.timeout(minutes(c=2, n=60))


def chance_of_a_hit(*, letters: int, live: float, guesses: float) -> float:
    """Of at least one hit; each guess hits with live / 62^letters."""
    return -expm1(guesses * log1p(-live / len(ALPHABET) ** letters))


def test_twelve_letters_are_out_of_reach_and_eight_are_not() -> None:
    assert len(ALPHABET) == 62
    assert SHORTEST == 12
    assert 71 < SHORTEST * log2(62) < 72
    unlimited = chance_of_a_hit(letters=12, live=1e6, guesses=1e4 * A_YEAR)
    assert 0.9e-4 < unlimited < 1.1e-4
    limited = chance_of_a_hit(letters=12, live=1e6, guesses=ALLOWED / WINDOW.total_seconds() * A_YEAR)
    assert limited < 1e-9
    assert 5.5 < 62**8 / 1e6 / 1e4 / 3600 < 6.5, "hours until an eight-letter code would fall"
    with pytest.raises(ValueError, match="12 to 22"):
        new_token(8)


def test_tokens_are_spread_over_the_whole_alphabet() -> None:
    letters = Counter("".join(new_token() for _ in range(5_000)))
    assert set(letters) == set(ALPHABET)
    assert max(letters.values()) / min(letters.values()) < 1.4


def guess_from_one_address(live: list[str]) -> Counter[str]:
    """What a guesser and the customers behind the same address see that they must not."""
    browser, wrong = Browser(), Counter[str]()
    for number in range(1, ALLOWED + 11):
        status = browser.get(f"/s/{new_token()}").status
        wrong["a guess was answered otherwise"] += status != (404 if number <= ALLOWED else 429)
        wrong["a customer was locked out"] += browser.get(f"/s/{live[number % len(live)]}").status != 200
    wrong["an answer was refused"] += browser.post(f"/s/{live[0]}", GOOD).status != 200
    return +wrong


@pytest.mark.django_db
def test_the_21st_is_429_while_customers_at_the_same_address_go_on() -> None:
    assert guess_from_one_address(make_links(3)) == {}


@pytest.mark.django_db
def test_negative_control_without_the_limiter_guessing_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Strangers, "may_go_on", lambda *_, **__: True)
    assert guess_from_one_address(make_links(3)) == {"a guess was answered otherwise": 10}


@pytest.mark.django_db
def test_negative_control_a_limiter_that_counts_everybody_locks_customers_out(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, strangers = Desk.answer, Strangers()

    def counting_everybody(desk: Desk, environ: object) -> object:
        if not strangers.may_go_on(address_key("203.0.113.7"), now=desk.clock()):
            environ = {**environ, "PATH_INFO": f"/s/{new_token()}"}  # type: ignore[dict-item]
        return answer(desk, environ)  # type: ignore[arg-type]

    monkeypatch.setattr(Desk, "answer", counting_everybody)
    assert guess_from_one_address(make_links(3))["a customer was locked out"] > 0


def addresses() -> Iterator[str]:
    """A new one as soon as the last has had its twenty."""
    for number in count():
        yield from [f"2001:db8:{number // 65536:x}:{number % 65536:x}::1"] * ALLOWED


@pytest.mark.django_db
def test_a_guesser_with_as_many_addresses_as_he_likes_hits_nothing() -> None:
    make_links(LIVE)
    assert answers(new_token() for _ in range(GUESSES)) == {404: GUESSES}
    assert not invitation_rows().exclude(opened_at=None).exists()


def answers(guesses: Iterable[str]) -> Counter[int]:
    """What the guesser is answered, by status."""
    browser, senders = Browser(), addresses()
    return Counter(browser.get(f"/s/{guess}", REMOTE_ADDR=next(senders)).status for guess in guesses)


@pytest.mark.django_db
def test_negative_control_a_guess_that_hits_is_seen() -> None:
    live = make_links(LIVE)
    assert answers([*(new_token() for _ in range(100)), live[7]]) == {404: 100, 200: 1}


def told_apart(pages: dict[str, Page]) -> int:
    """How many kinds of dead link there are to whoever compares status, bytes and headers but the random request id."""

    def seen(page: Page) -> tuple[object, ...]:
        return page.status, page.body, *sorted((k, v) for k, v in page.headers.items() if k != "X-Request-Id")

    return len({seen(page) for page in pages.values()})


def dead_links() -> dict[str, str]:
    used, expired, revoked, withdrawn = make_links(4)
    browser = Browser()
    assert browser.post(f"/s/{used}", GOOD).status == 200
    rows = {token: invitation_rows().filter(token_hash=token_hash(token)) for token in (expired, revoked, withdrawn)}
    died = browser.now - timedelta(microseconds=1)
    rows[expired].update(sent_at=died - timedelta(hours=8), dies_at=died)
    end_links(rows[revoked].get().customer_id, now=browser.now)
    rows[withdrawn].update(state="withdrawn", reason="opted_out", sent_at=None, dies_at=None)
    return {"unknown": new_token(), "used": used, "expired": expired, "revoked": revoked, "withdrawn": withdrawn}


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_dead_link_does_not_say_why(method: str) -> None:
    later = Browser()
    pages = {why: later.send(method, f"/s/{token}", b"q_overall=3") for why, token in dead_links().items()}
    assert {page.status for page in pages.values()} == {404}
    assert told_apart(pages) == 1


@pytest.mark.django_db
def test_negative_control_a_page_that_says_why_is_found_out() -> None:
    telling = {why: Page(404, f"gone: {why}".encode(), {}) for why in dead_links()}
    assert told_apart(telling) == 5


def medians_apart(times: int) -> float:
    """Seconds between the quickest kind of dead link and the slowest, by their medians."""
    browser, senders, dead = Browser(), addresses(), dead_links()
    took: dict[str, list[float]] = {why: [] for why in dead}
    for _ in range(times):
        for why, token in (dead | {"unknown": new_token()}).items():
            begin = perf_counter()
            assert browser.get(f"/s/{token}", REMOTE_ADDR=next(senders)).status == 404
            took[why].append(perf_counter() - begin)
    found = [median(each) for each in took.values()]
    return max(found) - min(found)


@pytest.mark.django_db
def test_nor_does_the_time_that_it_takes() -> None:
    assert medians_apart(SAMPLES) < TELLING


@pytest.mark.django_db
def test_negative_control_a_page_that_takes_longer_for_a_link_that_was_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slower(token: bytes) -> object:
        found = find_link(token)
        sleep(2 * TELLING if found else 0)
        return found

    monkeypatch.setattr("zhiyin.responses.hot.find_link", slower)
    assert medians_apart(20) > TELLING
