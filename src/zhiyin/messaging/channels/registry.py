"""The dialects: what each kind of channel is called, what it carries, and how it is opened. A new one is a folder
beside this file and one entry below.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from zhiyin.messaging.channels.aliyun import Aliyun, AliyunPuller, AliyunReceiver, AliyunSetup
from zhiyin.messaging.channels.callbacks import callback_url
from zhiyin.messaging.channels.email import Email, EmailReceiver, Mailbox
from zhiyin.messaging.channels.huawei import Huawei, HuaweiReceiver, HuaweiSetup
from zhiyin.messaging.channels.outbox import Outbox
from zhiyin.messaging.channels.protocol import Collector, Puller, Receiver, Sender
from zhiyin.messaging.channels.smpp import Smpp, SmppEar, SmppSetup
from zhiyin.messaging.channels.sms import Sms
from zhiyin.messaging.channels.staff import StaffAlerts, StaffSetup
from zhiyin.messaging.channels.tencent import Tencent, TencentPuller, TencentReceiver, TencentSetup
from zhiyin.messaging.channels.webhook import Webhook, WebhookReceiver, WebhookSetup
from zhiyin.messaging.channels.wechat import Wechat, WechatReceiver, WechatSetup
from zhiyin.messaging.channels.wecom import Wecom, WecomReceiver, WecomSetup
from zhiyin.messaging.rules.routes import OUTBOX
from zhiyin.messaging.rules.setups import BadSetup, EmailSetup, Fault, OutboxSetup, Setup, SmsSetup, read_setup

Hosts = frozenset[str]  # the hosts inside the own network that messages may go to


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One way to speak to one sort of gateway.

    ``receiver`` makes what reads its callbacks, ``puller`` what can be asked; both get checked settings of the class
    ``setup``. Where ``signs`` says so a callback proves itself by a signature, which the receiver checks; elsewhere by
    the secret in its address. ``listens``: it never calls back, its puller is to be asked at every turn. ``collector``
    reads the mailbox that reports are laid into, if the settings name one. Where it says only what went wrong
    (``tells_only_of_failure``) silence means nothing, unless there is a mailbox that should have been read.
    """

    key: str
    label: str | Promise
    carries: tuple[str, ...]
    setup: type[Setup]
    open_sender: Callable[[str, Any, Hosts], Sender]
    receiver: Callable[[Any], Receiver] | None = None
    puller: Callable[[str, Any, Hosts], Puller] | None = None
    collector: Callable[[Any, Hosts], Collector | None] | None = None
    signs: Callable[[Any], bool] = lambda _setup: False
    listens: bool = False
    tells_only_of_failure: bool = False


LISTED = (
    Dialect(
        key="aliyun",
        label=lazy("Alibaba Cloud SMS"),
        carries=("sms",),
        setup=AliyunSetup,
        open_sender=lambda key, setup, hosts: Aliyun(key, setup, private_hosts=hosts),
        receiver=AliyunReceiver,
        puller=lambda _key, setup, hosts: AliyunPuller(setup, private_hosts=hosts),
    ),
    Dialect(
        key="tencent",
        label=lazy("Tencent Cloud SMS"),
        carries=("sms",),
        setup=TencentSetup,
        open_sender=lambda key, setup, hosts: Tencent(key, setup, private_hosts=hosts),
        receiver=TencentReceiver,
        puller=lambda _key, setup, hosts: TencentPuller(setup, private_hosts=hosts),
    ),
    Dialect(
        key="huawei",
        label=lazy("Huawei Cloud SMS"),
        carries=("sms",),
        setup=HuaweiSetup,
        open_sender=lambda key, setup, hosts: Huawei(
            key, setup, callback=callback_url(key, setup), private_hosts=hosts
        ),
        receiver=HuaweiReceiver,
        signs=lambda setup: setup.is_signed,
    ),
    Dialect(
        key="sms",
        label=lazy("SMS"),
        carries=("sms",),
        setup=SmsSetup,
        open_sender=lambda key, setup, hosts: Sms(key, setup, private_hosts=hosts),
    ),
    Dialect(
        key="smpp",
        label=lazy("SMPP"),
        carries=("sms",),
        setup=SmppSetup,
        open_sender=lambda key, setup, hosts: Smpp(key, setup, private_hosts=hosts),
        puller=lambda key, setup, hosts: SmppEar(key, setup, private_hosts=hosts),
        listens=True,
    ),
    Dialect(
        key="email",
        label=pgettext_lazy("channel", "E-mail"),
        carries=("email",),
        setup=EmailSetup,
        open_sender=lambda key, setup, hosts: Email(key, setup, private_hosts=hosts),
        receiver=EmailReceiver,
        collector=lambda setup, hosts: Mailbox(setup, private_hosts=hosts) if setup.imap_host else None,
        tells_only_of_failure=True,
    ),
    Dialect(
        key="wecom",
        label=lazy("WeCom"),
        carries=("wecom",),
        setup=WecomSetup,
        open_sender=lambda key, setup, hosts: Wecom(key, setup, private_hosts=hosts),
        receiver=WecomReceiver,
        signs=lambda _setup: True,
    ),
    Dialect(
        key="wechat",
        label=lazy("WeChat official account"),
        carries=("wechat",),
        setup=WechatSetup,
        open_sender=lambda key, setup, hosts: Wechat(key, setup, private_hosts=hosts),
        receiver=WechatReceiver,
        signs=lambda _setup: True,
    ),
    Dialect(
        key="staff",
        label=lazy("Robots for alerts to staff"),
        carries=("staff",),
        setup=StaffSetup,
        open_sender=lambda key, setup, hosts: StaffAlerts(key, setup, private_hosts=hosts),
    ),
    Dialect(
        key="webhook",
        label=lazy("Signed webhook"),
        carries=("webhook",),
        setup=WebhookSetup,
        open_sender=lambda key, setup, hosts: Webhook(key, setup, private_hosts=hosts),
        receiver=WebhookReceiver,
        signs=lambda _setup: True,
    ),
    Dialect(
        key="outbox",
        label=lazy("Outbox file"),
        carries=(OUTBOX,),
        setup=OutboxSetup,
        open_sender=lambda key, _setup, _hosts: Outbox(key, settings.DATA_DIR / "outbox"),
    ),
)
DIALECTS: Mapping[str, Dialect] = {each.key: each for each in LISTED}
# What a message may ask for. A channel that carries "outbox" takes all of it, and itself is always there.
ASKED_FOR = tuple(dict.fromkeys(what for each in LISTED for what in each.carries))
SECRETS = frozenset(name for each in LISTED for name in each.setup.SECRET)


def carried_by(kind: str) -> tuple[str, ...]:
    """What channels of this kind carry; nothing where this version does not know the kind."""
    return DIALECTS[kind].carries if kind in DIALECTS else ()


def setup_class(kind: str) -> type[Setup]:
    """The settings of this kind of channel. Raises BadSetup where this version does not know it."""
    if kind not in DIALECTS:
        raise BadSetup([Fault("kind", "not_a_choice")])
    return DIALECTS[kind].setup


def read_settings(kind: str, given: Mapping[str, Any], *, private_hosts: Hosts = frozenset()) -> Setup:
    """The checked settings of a channel of this kind. Raises BadSetup with every fault."""
    return read_setup(setup_class(kind), given, private_hosts=private_hosts)
