"""After a change of keys everything that came back opens with the new one alone."""

import pytest

from zhiyin.lib.crypto import Place, Vault
from zhiyin.messaging.models import Reply
from zhiyin.messaging.receiving import resealing
from zhiyin.messaging.receiving.testing import make_reply
from zhiyin.messaging.vault import vault


@pytest.mark.django_db
def test_what_an_older_key_sealed_is_sealed_anew_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pk = make_reply(text="请回电")
    ring = Vault(keys=[("new", b"n" * 32), *vault().keys])
    monkeypatch.setattr(resealing, "vault", lambda: ring)
    assert resealing.reseal_what_came_back() == 1
    assert resealing.reseal_what_came_back() == 0
    sealed = bytes(Reply.objects.get().text_sealed or b"")
    alone = Vault(keys=[("new", b"n" * 32)])
    assert alone.open(sealed, place=Place("messaging_reply", "text_sealed", pk)) == "请回电"
