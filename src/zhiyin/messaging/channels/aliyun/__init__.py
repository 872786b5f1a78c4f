"""Alibaba Cloud SMS (阿里云短信服务), the service for mainland numbers.

Follows, as read in November 2026: "SendSms" (API version 2017-05-25), "V3版本请求体&签名机制" (ACS3-HMAC-SHA256; its
worked example is a test), "SmsReport" and "SmsUp" (HTTP batch push: a JSON array, times without a zone in Beijing time,
repeated after 1, 5 and 10 minutes unless answered 200 with ``{"code": 0, "msg": …}``), "QuerySendDetails", and the list
of error codes (February 2026). The service offers no idempotency: a doubt stays a doubt.

Not confirmed against a live account: that a push carries no signature (none is documented, so that the secret in the
address and the list of networks are all that prove it); whether ``isv.BUSINESS_LIMIT_CONTROL`` always says in its
message which period was exceeded (without a word of hour or minute it is taken for the day); which receipt codes beside
``MOBILE_SEND_LIMIT`` mean a daily cap.
"""

from zhiyin.messaging.channels.aliyun.receiving import AliyunPuller, AliyunReceiver
from zhiyin.messaging.channels.aliyun.sending import Aliyun
from zhiyin.messaging.channels.aliyun.setup import AliyunSetup

__all__ = ["Aliyun", "AliyunPuller", "AliyunReceiver", "AliyunSetup"]
