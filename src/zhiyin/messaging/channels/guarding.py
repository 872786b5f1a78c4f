"""The door in front of a receiver: who knows the address's secret, from where. Nothing is read before that."""

import hmac
from collections.abc import Sequence

from zhiyin.messaging.channels.protocol import Receiver
from zhiyin.messaging.rules.networks import is_within
from zhiyin.messaging.rules.signals import Callback, Heard, Unverified


class Guarded:
    """A receiver behind a secret in the address and a list of networks. ``secret`` None: the dialect signs instead."""

    def __init__(self, inner: Receiver, *, secret: str | None, networks: Sequence[str] = ()) -> None:
        self._inner, self._secret, self._networks = inner, secret, networks

    def hear(self, callback: Callback) -> Heard:
        if self._networks and not is_within(callback.remote, self._networks):
            raise Unverified("from a foreign address")
        if self._secret is not None:
            if not callback.secret:
                raise Unverified("no secret")
            if not hmac.compare_digest(self._secret.encode(), callback.secret.encode("utf-8", "replace")):
                raise Unverified("wrong secret")
        return self._inner.hear(callback)
