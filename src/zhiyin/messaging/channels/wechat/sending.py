"""One template message to one follower."""

from collections.abc import Collection

from zhiyin.messaging.channels.http import Request
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.channels.wechat.setup import WechatSetup
from zhiyin.messaging.channels.weixin.lent import LentSender, json_request
from zhiyin.messaging.rules.codes import Codes, Means
from zhiyin.messaging.rules.setups import filled

SENDING = Codes(
    {
        "0": Means.ACCEPTED,
        "-1": Means.LATER,  # "system busy"
        "45009": Means.LATER,  # as many calls as are allowed in a day
        "45011": Means.LATER,
        "40003": Means.REFUSED,  # no such follower
        "43004": Means.REFUSED,  # follows us no more
        "43101": Means.REFUSED,  # refuses
        "40013": Means.SET_UP,
        "40037": Means.SET_UP,  # no such template
        "40125": Means.SET_UP,
        "40164": Means.SET_UP,  # our address is not in their list
        "41028": Means.SET_UP,
        "47003": Means.SET_UP,  # the template's fields are others
        "48001": Means.SET_UP,
    }
)


class Wechat(LentSender):
    """One official account, for one worker."""

    codes = SENDING
    closes = "wechat"

    def __init__(self, key: str, setup: WechatSetup, *, private_hosts: Collection[str] = ()) -> None:
        super().__init__(key, setup, private_hosts=private_hosts)
        self.setup = setup

    def token_request(self) -> Request:
        fields = {"grant_type": "client_credential", "appid": self.setup.app, "secret": self.setup.secret}
        return json_request(f"{self.setup.url.rstrip('/')}/cgi-bin/stable_token", fields)

    def message_request(self, envelope: Envelope, token: str) -> Request:
        known = {**envelope.words, "text": envelope.text}
        data = {name: {"value": filled(text, known)} for name, text in self.setup.variables.items()}
        fields = {
            "touser": envelope.to,
            "template_id": self.setup.template,
            "data": data,
            "client_msg_id": str(envelope.message_id),
        }
        if envelope.link:
            fields["url"] = envelope.link
        return json_request(f"{self.setup.url.rstrip('/')}/cgi-bin/message/template/send?access_token={token}", fields)
