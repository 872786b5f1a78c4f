"""What WeChat and WeCom share: encrypted callbacks (WXBizMsgCrypt), keys lent for two hours, ``errcode`` in answers."""
