"""Sealing what came back with the newest key, for ``keys rotate``."""

from django.db import transaction
from django.db.models import Model

from zhiyin.lib.crypto import Place
from zhiyin.messaging.models import AccessToken, Arrival, InboxItem, Reply
from zhiyin.messaging.vault import vault

COLUMNS: tuple[tuple[type[Model], str], ...] = (
    (Reply, "text_sealed"),
    (Arrival, "content_sealed"),
    (InboxItem, "content_sealed"),
    (AccessToken, "token_sealed"),
)
AT_ONCE = 500


def reseal_what_came_back() -> int:
    """Seal anew whatever the newest key did not seal; returns how many. Safe to repeat and to break off."""
    return sum(_reseal(model, column) for model, column in COLUMNS)


def _reseal(model: type[Model], column: str) -> int:
    newest, done, after = vault().keys[0][0], 0, 0
    while True:
        with transaction.atomic():
            rows = model._default_manager.select_for_update().filter(pk__gt=after, **{f"{column}__isnull": False})
            batch = list(rows.order_by("pk").values_list("pk", column)[:AT_ONCE])
            for pk, sealed in batch:
                if vault().key_id(bytes(sealed)) != newest:
                    place = Place(model._meta.db_table, column, pk)
                    again = vault().seal(vault().open(bytes(sealed), place=place), place=place)
                    done += model._default_manager.filter(pk=pk).update(**{column: again})
        if not batch:
            return done
        after = batch[-1][0]
