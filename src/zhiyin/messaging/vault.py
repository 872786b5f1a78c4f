"""The key ring for what this room seals, for the modules below ``ways``."""

from functools import cache

from django.conf import settings

from zhiyin.lib.crypto import Vault


@cache
def vault() -> Vault:
    return Vault(keys=settings.DATA_KEYS)
