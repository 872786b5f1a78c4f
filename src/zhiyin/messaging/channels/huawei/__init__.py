"""Huawei Cloud Message & SMS (华为云消息&短信 MSGSMS).

Follows, as read in November 2026: "发送短信" (``/sms/batchSendSms/v1``, the status codes of January 2025), "认证鉴权"
(the application's own AK/SK, SDK-HMAC-SHA256, or X-WSSE), "接收状态报告" and "接收上行短信" (forms; a report may come
up to 72 hours late, and one without ``updateTime`` was made by the platform itself), "推送AKSK验证" (January 2025: when
it is switched on in the console, every push carries X-Sdk-Date and Authorization), and "模板和变量规范". New accounts
were no longer opened after 10 January 2025; those that have one go on.

Not confirmed against a live account: the push signature's canonical address (the path as the console knows it, ended by
a slash, as the signing guide says); which code says that a number has had its daily share (none is documented, so none
is taken for it). ``E000112`` is "account frozen", which the guide explains by an empty account first. There is no call
to ask for reports, so that nothing can be pulled.
"""

from zhiyin.messaging.channels.huawei.receiving import HuaweiReceiver
from zhiyin.messaging.channels.huawei.sending import Huawei
from zhiyin.messaging.channels.huawei.setup import HuaweiSetup

__all__ = ["Huawei", "HuaweiReceiver", "HuaweiSetup"]
