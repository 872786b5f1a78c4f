"""An administrator without an account anywhere sets up each provider's SMS against the simulator: a customer is asked,
the receipt comes back to the address that the page shows, and "R" opts them out before the gateway has its answer."""

import base64
import html
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from pytest_django.fixtures import Settings

from zhiyin.messaging.receiving.closing import is_closed
from zhiyin.messaging.simulator.faults import Rule
from zhiyin.messaging.simulator.server import Simulator
from zhiyin.messaging.simulator.weixin import keys_of
from zhiyin.messaging.testing import messages
from zhiyin.outreach.actions import apply_policy
from zhiyin.outreach.arrivals import listen, work_through_the_inbox
from zhiyin.outreach.dispatch import send_due
from zhiyin.outreach.intake import receive
from zhiyin.outreach.testing import SYSTEM, invitations, make_invitations, make_world
from zhiyin.people.testing import customers, make_staff

pytestmark = pytest.mark.django_db(transaction=True)
CHANNELS = "/settings/channels/"
AT_ANY_HOUR = '[sending_hours]\nfrom = "00:00"\nto = "24:00"\n'  # the pages look at the clock
COMMON = {"timeout": "5", "at_once": "1", "per_second": "0", "callback_number": "1"}
FORMS: dict[str, dict[str, str]] = {
    "aliyun": {"access_key": "LTAI", "secret": "s3cret-one", "sign": "云桥", "template": "SMS_1",
               "variables": '{"code": "{token}"}'},
    "tencent": {"secret_id": "AKID", "secret": "s3cret-one", "app": "1400006666", "sign": "云桥", "template": "1110",
                "variables": "{token}", "variable_length": "12", "region": "ap-guangzhou"},
    "huawei": {"app_key": "ak", "secret": "s3cret-one", "sender": "8823040504797", "template": "t1",
               "variables": "{token}", "sign": "云桥", "authentication": "aksk"},
}  # fmt: skip
SMPP = {"host": "127.0.0.1", "security": "none", "system_id": "zhiyin", "password": "pw", "sender": "1069",
        "sender_ton": "0", "sender_npi": "0", "numbers": "international", "long_texts": "udh", "binding": "transceiver",
        "timeout": "2", "at_once": "1", "per_second": "0"}  # fmt: skip


AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
WEIXIN: dict[str, dict[str, str]] = {
    "wechat": {"app": "wx5823bf96d3bd56c7", "secret": "0123456789abcdef", "template": "t-1",
               "variables": '{"thing1": "{organisation}"}', "token": "a-token", "aes_key": AES_KEY},
    "wecom": {"corp": "ww1436e0e65a779aee", "agent": "1000002", "secret": "0123456789abcdef", "sender": "zhang",
              "token": "a-token", "aes_key": AES_KEY},
}  # fmt: skip


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        running.world.receipt_after = 0.05
        yield running


@pytest.fixture
def administrator(settings: Settings, tmp_path: Path) -> Client:
    settings.DATA_DIR = tmp_path
    settings.PRIVATE_GATEWAYS = ("127.0.0.1",)
    make_world(now=datetime.now(UTC))
    apply_policy(AT_ANY_HOUR, by=SYSTEM, now=datetime.now(UTC))
    client = Client()
    client.force_login(get_user_model().objects.get(pk=make_staff("administrator", unit="HQ").staff_id or 0))
    return client


def set_up(administrator: Client, kind: str, form: dict[str, str]) -> None:
    answer = administrator.post(f"{CHANNELS}add-channel/{kind}/", {"key": kind, **form})
    assert answer.status_code == 302, html.unescape(answer.content.decode())
    administrator.post(f"{CHANNELS}{kind}/", {"do": "test", "mobile": "13912345678"})
    administrator.post(f"{CHANNELS}{kind}/switch/", {"on": "1"})


def callback_shown(administrator: Client, kind: str) -> str:
    """The address that the page gives to be pasted into the provider's console."""
    page = html.unescape(administrator.get(f"{CHANNELS}{kind}/").content.decode())
    found = re.search(r">(http[^<]*/gateways/[^<]*)</textarea>", page)
    assert found, page
    return found[1]


def send() -> None:
    send_due(worker="test", clock=lambda: datetime.now(UTC))


def work_until(done: Any) -> None:
    """Do what the worker does until it is so, for a few seconds."""
    ends = time.monotonic() + 8
    while not done() and time.monotonic() < ends:
        listen(now=datetime.now(UTC))
        work_through_the_inbox(now=datetime.now(UTC))
        time.sleep(0.05)
    assert done()


@pytest.mark.parametrize("kind", ["aliyun", "tencent", "huawei", "smpp"])
def test_asked_delivered_and_opted_out_by_a_reply(administrator, live_server, settings, simulator, kind):
    settings.BASE_URL = live_server.url
    simulator.world.base_url = live_server.url
    if kind == "smpp":
        set_up(administrator, kind, SMPP | {"port": str(simulator.smpp_port)})
    else:
        set_up(administrator, kind, {**FORMS[kind], **COMMON, "url": simulator.url(kind)})
        simulator.world.callbacks[kind] = callback_shown(administrator, kind)
    (test_message,) = simulator.world.arrivals
    assert test_message.to == "13912345678"

    (asked,) = make_invitations(1, now=datetime.now(UTC))
    send()
    arrival = simulator.world.arrivals[-1]
    link = re.search(r"http\S+/s/[0-9A-Za-z]{12}", arrival.text)
    assert link
    assert administrator.get(link[0].removeprefix(live_server.url)).status_code == 200  # it opens

    work_until(lambda: messages(invitation_id=asked, delivered_at__isnull=False).exists())
    (row,) = invitations([asked])
    assert row.delivered_at is not None

    assert simulator.pushes.reply(arrival.to, "R")
    if kind == "smpp":  # no callback: the worker hears it
        work_until(lambda: customers().filter(opted_out_at__isnull=False).exists())
    # Else it was in force before the simulator had its answer, and no worker has run since.
    assert customers().filter(opted_out_at__isnull=False).count() == 1


def ask_by(kind: str, openid: str) -> int:
    """Something happened, and the sender says how to reach them: by this account."""
    now = datetime.now(UTC)
    item: dict[str, Any] = {"source": "test", "external_id": f"call-{openid}", "touchpoint": "hotline", "channel": kind}
    item |= {"customer": {"external_id": f"C-{openid}", kind: openid}, "ended_at": now.isoformat()}
    (result,) = receive([item], by=SYSTEM, now=now)
    assert result.invitation, result
    return result.invitation


def set_up_weixin(administrator: Client, simulator: Simulator, kind: str) -> None:
    set_up(administrator, kind, {**WEIXIN[kind], **COMMON, "url": simulator.url(kind)})
    simulator.world.callbacks[kind] = callback_shown(administrator, kind)
    form = WEIXIN[kind]
    keys = {"token": form["token"], "aes_key": form["aes_key"], "receiver": form.get("app") or form["corp"]}
    simulator.world.weixin[kind] = keys_of(keys)


@pytest.mark.parametrize("kind", ["wechat", "wecom"])
def test_asked_by_an_account_answered_and_left(administrator, live_server, settings, simulator, kind):
    """WeChat: a template message with the link as its address, its receipt, the answer, and the follower who leaves.
    WeCom has no receipt: who opens the link has got the message."""
    settings.BASE_URL = live_server.url
    set_up_weixin(administrator, simulator, kind)
    asked = ask_by(kind, "o-li")
    send()
    arrival = simulator.world.arrivals[-1]
    assert (arrival.dialect, arrival.to) == (kind, "o-li")
    link = re.search(r"http\S+/s/[0-9A-Za-z]{12}", arrival.text)
    assert link, arrival.text

    if kind == "wechat":
        work_until(lambda: invitations([asked])[0].delivered_at is not None)
    path = link[0].removeprefix(live_server.url)
    assert administrator.get(path).status_code == 200
    form = {"data": "q_overall=9", "content_type": "application/x-www-form-urlencoded"}
    assert administrator.post(path, **form).status_code == 200
    (row,) = invitations([asked])
    assert row.state == "answered"

    assert simulator.pushes.leave("o-li")
    work_until(lambda: is_closed(kind, "o-li"))
    assert simulator.pushes.leave("o-li", back=True)
    work_until(lambda: not is_closed(kind, "o-li"))
    assert simulator.pushes.reply("o-li", "退订")
    assert customers().filter(opted_out_at__isnull=False).count() == 1
    assert {each.status for each in simulator.world.pushes} == {"200"}


def test_a_push_with_other_keys_is_not_believed(administrator, live_server, settings, simulator):
    settings.BASE_URL = live_server.url
    set_up_weixin(administrator, simulator, "wechat")
    asked = ask_by("wechat", "o-li")
    send()
    other = base64.b64encode(bytes(reversed(range(32)))).decode().rstrip("=")
    simulator.world.weixin["wechat"] = simulator.world.weixin["wechat"]._replace(aes_key=other, token="another")
    simulator.pushes.receipt(simulator.world.arrivals[-1], "failed")
    simulator.pushes.reply("o-li", "退订")
    work_through_the_inbox(now=datetime.now(UTC))
    assert not customers().filter(opted_out_at__isnull=False).exists()
    assert invitations([asked])[0].state == "sent"
    assert "403" in {each.status for each in simulator.world.pushes}


def test_a_doubt_is_settled_by_its_receipt_and_nobody_is_asked_twice(administrator, live_server, settings, simulator):
    settings.BASE_URL = live_server.url
    set_up(administrator, "aliyun", {**FORMS["aliyun"], **COMMON, "url": simulator.url("aliyun")})
    simulator.world.callbacks["aliyun"] = callback_shown(administrator, "aliyun")
    (asked,) = make_invitations(1, now=datetime.now(UTC))
    simulator.world.rules.append(Rule("*", "reset_after", times=1))
    simulator.world.receipt_after = 0.3
    send()
    assert messages(invitation_id=asked).get().state == "unknown"
    work_until(lambda: messages(invitation_id=asked).get().state == "sent")
    send()
    assert len([each for each in simulator.world.arrivals if each.to != "13912345678"]) == 1


def test_who_does_not_know_the_address_is_not_believed(administrator, live_server, settings, simulator):
    settings.BASE_URL = live_server.url
    set_up(administrator, "aliyun", {**FORMS["aliyun"], **COMMON, "url": simulator.url("aliyun")})
    right = callback_shown(administrator, "aliyun")
    make_invitations(1, now=datetime.now(UTC))
    send()
    to = simulator.world.arrivals[-1].to
    nearly = f"{right[:-2]}{'1' if right[-2] == '0' else '0'}/"
    for wrong in (f"{live_server.url}/gateways/aliyun/", nearly, right.replace("aliyun", "outbox")):
        simulator.world.callbacks["aliyun"] = wrong
        simulator.pushes.reply(to, "R")
    work_through_the_inbox(now=datetime.now(UTC))
    assert not customers().filter(opted_out_at__isnull=False).exists()
    assert not {each.status for each in simulator.world.pushes} & {"200"}
