"""The key ring of this deployment, made once per process from the settings."""

from collections.abc import Iterable
from functools import cache

from django.conf import settings

from zhiyin.lib.crypto import Place, Vault


@cache
def vault() -> Vault:
    return Vault(keys=settings.DATA_KEYS)


def sealed_names(names: Iterable[tuple[int, str]]) -> list[bytes]:
    """Many names, each for its customer's row."""
    return vault().seal_many(list(names), table="people_customer", column="name_sealed")


def sealed_identities(values: Iterable[tuple[int, str]]) -> list[bytes]:
    """Many handles' values, each for its identity's row."""
    return vault().seal_many(list(values), table="people_identity", column="value_sealed")


def name_place(customer_id: int) -> Place:
    return Place("people_customer", "name_sealed", customer_id)


def identity_place(identity_id: int) -> Place:
    return Place("people_identity", "value_sealed", identity_id)
