"""The address that a gateway calls back, and the secret in it. Kept nowhere: made from the server's key."""

from django.conf import settings
from django.utils.crypto import salted_hmac

from zhiyin.messaging.rules.setups import Called, Setup

LENGTH = 32  # hexadecimal digits of the secret: 128 bits


def callback_secret(key: str, setup: Setup) -> str:
    """What proves a callback to this channel whose gateway signs nothing."""
    number = setup.callback_number if isinstance(setup, Called) else 1
    return salted_hmac("zhiyin.gateway", f"{key}:{number}", algorithm="sha256").hexdigest()[:LENGTH]


def callback_path(key: str, setup: Setup) -> str:
    """The path that a gateway of this channel calls back."""
    return f"/gateways/{key}/{callback_secret(key, setup)}/"


def callback_url(key: str, setup: Setup) -> str:
    """The whole address, to be pasted into the provider's console."""
    return f"{settings.BASE_URL}{callback_path(key, setup)}"
