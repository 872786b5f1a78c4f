"""Tencent Cloud SMS (腾讯云短信), API version 2021-01-11.

Follows, as read in November 2026: "发送短信 SendSms", "签名方法 v3" (TC3-HMAC-SHA256; its worked example is a test),
"短信下发状态通知" and "短信回复" (callbacks; December 2024), "PullSmsSendStatus" and "PullSmsReplyStatus" (each report
is handed out once, and an account must be granted these calls), the list of send error codes, and "正文模板审核标准"
(June 2025: numbered variables, addresses constant and never in a variable, the length of a variable as the console's
page for new templates says; surveys, 问卷调查, stand in its list of refused purposes, so ask before you rely on it).

Not confirmed against a live account: that a callback carries no signature (none is documented, so that the secret in
the address and the list of networks prove it); what a report's ``errmsg`` says when a carrier's daily cap was reached
(no code is documented, so none is taken for it); in which zone ``user_receive_time`` is (read as Beijing time).
"""

from zhiyin.messaging.channels.tencent.receiving import TencentPuller, TencentReceiver
from zhiyin.messaging.channels.tencent.sending import Tencent
from zhiyin.messaging.channels.tencent.setup import TencentSetup

__all__ = ["Tencent", "TencentPuller", "TencentReceiver", "TencentSetup"]
