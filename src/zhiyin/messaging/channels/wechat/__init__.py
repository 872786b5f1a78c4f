"""WeChat official account (微信服务号): template messages to followers, receipts, replies, followers who leave.

Follows "消息加解密说明" (the same scheme as WeCom's of 2024-07-18); and, from memory of the documents,
"获取稳定版接口调用凭据" (stable_token), "发送模板消息" (``client_msg_id`` lets a message through once in ten minutes),
"事件推送 TEMPLATESENDJOBFINISH", "接收普通消息", "关注/取消关注事件". Callbacks must be in safe mode (安全模式): in
plain mode the signature does not cover the words.

Nothing of this was tried against a live account. Not confirmed: what TEMPLATESENDJOBFINISH may say beside ``success``,
``failed:user block`` and ``failed: system failed`` (anything else changes nothing); whether a call that is repeated
after a lost reply carries the same nonce (taken for the same call for a minute).
"""

from zhiyin.messaging.channels.wechat.receiving import WechatReceiver
from zhiyin.messaging.channels.wechat.sending import Wechat
from zhiyin.messaging.channels.wechat.setup import WechatSetup

__all__ = ["Wechat", "WechatReceiver", "WechatSetup"]
