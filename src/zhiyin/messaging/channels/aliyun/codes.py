"""Alibaba Cloud's words for what became of a call, from its list of error codes."""

from zhiyin.messaging.rules.codes import Codes, Means

SENDING = Codes(
    {
        "OK": Means.ACCEPTED,
        "isv.BUSINESS_LIMIT_CONTROL": Means.DAILY_CAP,
        "isv.DAY_LIMIT_CONTROL": Means.DAILY_CAP,
        "isv.MONTH_LIMIT_CONTROL": Means.SET_UP,
        "isv.OUT_OF_SERVICE": Means.OUT_OF_CREDIT,
        "isv.AMOUNT_NOT_ENOUGH": Means.OUT_OF_CREDIT,
        "isv.ACCOUNT_NOT_EXISTS": Means.SET_UP,
        "isv.ACCOUNT_ABNORMAL": Means.SET_UP,
        "isv.PRODUCT_UN_SUBSCRIPT": Means.SET_UP,
        "isv.PRODUCT_UNSUBSCRIBE": Means.SET_UP,
        "isv.SMS_TEMPLATE_ILLEGAL": Means.SET_UP,
        "isv.SMS_SIGNATURE_ILLEGAL": Means.SET_UP,
        "isv.SMS_SIGNATURE_SCENE_ILLEGAL": Means.SET_UP,
        "isv.SMS_SIGN_ILLEGAL": Means.SET_UP,
        "isv.TEMPLATE_MISSING_PARAMETERS": Means.SET_UP,
        "isv.": Means.REFUSED,
        "isp.RAM_PERMISSION_DENY": Means.SET_UP,
        "Throttling": Means.LATER,
        "Throttling.": Means.LATER,
        "SignatureDoesNotMatch": Means.SET_UP,
        "IncompleteSignature": Means.SET_UP,
        "InvalidTimeStamp.": Means.SET_UP,
        "InvalidAccessKeyId": Means.SET_UP,
        "InvalidAccessKeyId.": Means.SET_UP,
        "Forbidden": Means.SET_UP,
        "Forbidden.": Means.SET_UP,
        "NoPermission": Means.SET_UP,
        "Missing*": Means.SET_UP,
        # Not here, and so in doubt: isp.SYSTEM_ERROR, ServiceUnavailable, SignatureNonceUsed (the first of two equal
        # requests may have been taken), and whatever is new.
    }
)
NOT_THE_DAY = ("小时", "分钟", "hour", "minute")  # what the message of isv.BUSINESS_LIMIT_CONTROL says of other periods

# What a receipt's code tells beyond "failed".
CAPPED = frozenset({"MOBILE_SEND_LIMIT", "isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL"})
BROKE = frozenset({"isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE", "AMOUNT_NOT_ENOUGH", "OUT_OF_SERVICE"})
