"""What the loop does every so often, by itself."""

from datetime import timedelta

import pytest

from zhiyin.loop import DUTIES
from zhiyin.outreach.testing import NOW
from zhiyin.responses.models import Stranger
from zhiyin.responses.strangers import ALLOWED, WINDOW, Strangers, address_key

PERIODS = {name: period for name, period, _act in DUTIES}


@pytest.mark.django_db
def test_whoever_tried_dead_links_is_forgotten_within_the_hour() -> None:
    counter = Strangers()
    for _ in range(ALLOWED):
        counter.may_go_on(address_key("203.0.113.7"), now=NOW)
    forget = next(act for name, _period, act in DUTIES if name == "forget_who_tried_dead_links")
    assert PERIODS["forget_who_tried_dead_links"] <= timedelta(hours=1)
    forget(lambda: NOW + WINDOW / 2)
    assert Stranger.objects.count() == 1, "it still counts"
    forget(lambda: NOW + WINDOW)
    assert Stranger.objects.count() == 0


def test_what_a_dead_worker_held_is_free_soon_after_its_lease() -> None:
    """Eight seconds of lease and two until somebody looks: well inside the fifteen of R1."""
    assert PERIODS["take_back_what_dead_workers_held"] == timedelta(seconds=2)
