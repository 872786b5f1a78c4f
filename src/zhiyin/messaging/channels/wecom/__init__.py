"""WeCom (企业微信): an application's message to one of our own, or a colleague's to a customer who has added them.

Follows "发送应用消息" (duplicates refused for up to four hours, ``invaliduser`` in lower case, 81013 where nobody is
reached) and "加解密方案说明" (2024-07-18); and, from memory, "获取access_token", "创建企业群发" (add_msg_template) and
the events "change_external_contact".

A message to a customer is a task for the colleague in ``sender``, who must confirm it in their own WeCom: so "accepted"
says that the task is there, and nothing more.

Nothing of this was tried against a live account. An ``errcode`` that is not in the list below proves nothing: in doubt.
"""

from zhiyin.messaging.channels.wecom.receiving import WecomReceiver
from zhiyin.messaging.channels.wecom.sending import Wecom
from zhiyin.messaging.channels.wecom.setup import WecomSetup

__all__ = ["Wecom", "WecomReceiver", "WecomSetup"]
