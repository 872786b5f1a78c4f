"""However busy the database is, a gateway has its answer within five seconds (G50), if only that it must come again."""

import json
import threading
import time

import pytest
from django.db import connection, transaction
from django.test import Client

from zhiyin.messaging.receiving.testing import arrivals
from zhiyin.messaging.testing import message
from zhiyin.outreach.tests.gateway_calls import KEY, call, number_of, reply, sent, set_up
from zhiyin.people.identify import lock_customers
from zhiyin.people.testing import customers

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 6.0  # seconds that somebody else holds the customer


def test_g50_somebody_holds_the_customer_for_six_seconds_and_the_gateway_has_its_answer_within_five() -> None:
    set_up()
    (pk,) = sent()
    customer, number = message(pk).customer_id or 0, number_of(pk)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            lock_customers([customer])
            held.set()
            done.wait(LONG)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(5)
    body = json.dumps([reply(number, "R")]).encode()
    client = Client(raise_request_exception=False)
    began = time.monotonic()
    answer = call(client, f"/gateways/{KEY}/", body)
    took = time.monotonic() - began
    done.set()
    holder.join()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert took < 5
    assert not arrivals().exists(), "nothing half done"
    assert call(client, f"/gateways/{KEY}/", body).status_code == 200, "they come again, and it counts"
    assert customers().get(pk=customer).opted_out_at is not None
