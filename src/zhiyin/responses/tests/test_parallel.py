"""One link gives one response, however many hands press the button at once (R4, S57). Real threads and connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, local

import pytest
from django.db import connection

from zhiyin.outreach.testing import NOW
from zhiyin.responses.models import Answer, Response
from zhiyin.responses.testing import GOOD, Browser, make_links

HANDS = 50
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[int], int]) -> list[int]:
    """Let fifty threads act at the same moment; their results."""
    start = Barrier(HANDS)

    def work(number: int) -> int:
        start.wait(timeout=30)
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(work, range(HANDS)))


def test_s57_fifty_at_once_with_the_same_body_are_one_response_and_all_are_thanked() -> None:
    (token,) = make_links(1)
    browser = Browser()
    assert at_once(lambda _: browser.post(f"/s/{token}", GOOD).status) == [200] * HANDS
    assert Response.objects.count() == 1
    assert Answer.objects.count() == len(GOOD)


def test_fifty_at_once_with_different_bodies_are_one_response_and_one_is_thanked() -> None:
    (token,) = make_links(1)
    browser = Browser()
    bodies = [{**GOOD, "q_speed": str(number % 11), "q_ability": str(number // 11)} for number in range(HANDS)]
    statuses = at_once(lambda number: browser.post(f"/s/{token}", bodies[number]).status)
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 404, 429}  # all from one address: after twenty dead links it is 429
    assert Response.objects.count() == 1


@pytest.mark.parametrize("links", [10, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_r4_exactly_as_many_answers_as_links(links: int) -> None:
    tokens = make_links(links)
    mine = local()

    def submit_all(number: int) -> int:
        browser = mine.__dict__.setdefault("browser", Browser(headers={"REMOTE_ADDR": f"198.51.100.{number}"}))
        turned = tokens[number % links :] + tokens[: number % links]
        accepted = 0
        for place, token in enumerate(turned):
            fields = {
                **GOOD,
                "q_speed": str(number % 11),
                "q_ability": str(number // 11),
                "q_resolution": str(place % 11),
            }
            accepted += browser.post(f"/s/{token}", fields).status == 200
        return accepted

    assert sum(at_once(submit_all)) == links
    assert Response.objects.count() == links
    late = Browser(now=NOW + timedelta(hours=8))
    assert {late.post(f"/s/{token}", {**GOOD, "q_speed": "1"}).status for token in tokens[:15]} == {404}
    assert Response.objects.count() == links
