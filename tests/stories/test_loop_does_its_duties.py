"""What the loop does every so often, by itself."""

from datetime import timedelta

import pytest

from zhiyin.ledger.deliver import deliver_pending
from zhiyin.loop import DUTIES
from zhiyin.messaging.testing import messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.testing import NOW, SYSTEM, make_invitations
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


@pytest.mark.django_db
def test_a_policy_in_force_wakes_what_the_one_before_put_off() -> None:
    at_night = NOW + timedelta(hours=12)
    make_invitations(1, now=at_night)
    send_due(worker="test", clock=lambda: at_night)
    assert messages().get().not_before > at_night
    apply_policy('[sending_hours]\nfrom = "00:00"\nto = "24:00"\n', by=SYSTEM, now=at_night)
    deliver_pending(now=at_night)
    assert messages().get().not_before == at_night


def test_what_a_dead_worker_held_is_free_soon_after_its_lease() -> None:
    """Eight seconds of lease and two until somebody looks: well inside the fifteen of R1."""
    assert PERIODS["take_back_what_dead_workers_held"] == timedelta(seconds=2)
