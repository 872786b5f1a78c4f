"""One message of an application, or one task for a colleague to write to their customer."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from zhiyin.messaging.channels.cloud import at, said
from zhiyin.messaging.channels.http import Request
from zhiyin.messaging.channels.protocol import Envelope
from zhiyin.messaging.channels.wecom.setup import WecomSetup
from zhiyin.messaging.channels.weixin.lent import LentSender, json_request
from zhiyin.messaging.rules.codes import Codes, Means

REPEATED_WITHIN = 4 * 3600  # seconds in which WeCom sends the same words to the same member once
SENDING = Codes(
    {
        "0": Means.ACCEPTED,
        "-1": Means.LATER,  # "system busy"
        "45009": Means.LATER,
        "45033": Means.LATER,
        "40003": Means.REFUSED,  # no such member
        "81013": Means.REFUSED,  # nobody of those named may receive it
        "40058": Means.REFUSED,
        "41048": Means.REFUSED,  # no customer left to write to
        "84061": Means.REFUSED,  # not a customer of this colleague any more
        "40013": Means.SET_UP,
        "40056": Means.SET_UP,  # no such application
        "48002": Means.SET_UP,
        "60011": Means.SET_UP,
        "60020": Means.SET_UP,  # our address is not in their list
        "301002": Means.SET_UP,
    }
)


class Wecom(LentSender):
    """One application, for one worker."""

    codes = SENDING
    closes = "wecom"

    def __init__(self, key: str, setup: WecomSetup, *, private_hosts: Collection[str] = ()) -> None:
        super().__init__(key, setup, private_hosts=private_hosts)
        self.setup = setup
        self._base = setup.url.rstrip("/")

    def token_request(self) -> Request:
        query = urlencode({"corpid": self.setup.corp, "corpsecret": self.setup.secret})
        return Request(method="GET", url=f"{self._base}/cgi-bin/gettoken?{query}", headers={})

    def message_request(self, envelope: Envelope, token: str) -> Request:
        if self.setup.sender:
            fields: dict[str, Any] = {
                "chat_type": "single",
                "external_userid": [envelope.to],
                "sender": self.setup.sender,
                "text": {"content": envelope.text},
            }
            return json_request(f"{self._base}/cgi-bin/externalcontact/add_msg_template?access_token={token}", fields)
        fields = {
            "touser": envelope.to,
            "msgtype": "text",
            "agentid": int(self.setup.agent),
            "text": {"content": envelope.text},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": REPEATED_WITHIN,
        }
        return json_request(f"{self._base}/cgi-bin/message/send?access_token={token}", fields)

    def refusal(self, found: Any, envelope: Envelope) -> str:
        """WeCom takes a message and says beside it whom it does not reach."""
        nobody = said(at(found, "invaliduser")).split("|") + said(at(found, "unlicenseduser")).split("|")
        failed = at(found, "fail_list")
        # Members come back in lower case, customers as they were given.
        if envelope.to.lower() in nobody or (isinstance(failed, list) and envelope.to in failed):
            return "WeCom does not reach this member"
        return ""
