"""Tencent Cloud's words for what became of a call, from its lists of error codes."""

from zhiyin.messaging.rules.codes import Codes, Means

SENDING = Codes(
    {
        "Ok": Means.ACCEPTED,
        "LimitExceeded.PhoneNumberDailyLimit": Means.DAILY_CAP,
        "LimitExceeded.PhoneNumberSameContentDailyLimit": Means.DAILY_CAP,
        "LimitExceeded.AppDailyLimit": Means.DAILY_CAP,
        "LimitExceeded.AppMainlandChinaDailyLimit": Means.DAILY_CAP,
        "LimitExceeded.DailyLimit": Means.DAILY_CAP,
        "LimitExceeded.": Means.LATER,
        "RequestLimitExceeded": Means.LATER,
        "RequestLimitExceeded.": Means.LATER,
        "FailedOperation.InsufficientBalanceInSmsPackage": Means.OUT_OF_CREDIT,
        "FailedOperation.SignatureIncorrectOrUnapproved": Means.SET_UP,
        "FailedOperation.TemplateIncorrectOrUnapproved": Means.SET_UP,
        "FailedOperation.TemplateUnapprovedOrNotExist": Means.SET_UP,
        "FailedOperation.MissingSignature": Means.SET_UP,
        "FailedOperation.MarketingSendTimeConstraint": Means.LATER,
        "FailedOperation.": Means.REFUSED,
        "InvalidParameterValue.SdkAppIdNotExist": Means.SET_UP,
        "InvalidParameterValue.": Means.REFUSED,
        "UnsupportedOperation.": Means.REFUSED,
        "UnauthorizedOperation": Means.SET_UP,
        "UnauthorizedOperation.": Means.SET_UP,
        "AuthFailure": Means.SET_UP,
        "AuthFailure.": Means.SET_UP,
        "IpInBlacklist": Means.SET_UP,
        "IpNotInWhitelist": Means.SET_UP,
        "InvalidAction": Means.SET_UP,
        "NoSuchVersion": Means.SET_UP,
        "UnsupportedRegion": Means.SET_UP,
        "MissingParameter": Means.SET_UP,
        "MissingParameter.": Means.SET_UP,
        "UnknownParameter": Means.SET_UP,
        # Not here, and so in doubt: InternalError and its kinds, among them Timeout, and whatever is new.
    }
)
