"""``Authorization: Bearer KEY``: which keys open, which do not, and what they may."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils import timezone

from zhiyin.ledger.queries import events
from zhiyin.lib.errors import NotFound, Refused
from zhiyin.people.api_auth import bearer, create_api_key, revoke_api_key
from zhiyin.people.models import ApiKey
from zhiyin.people.testing import NOW, SYSTEM, make_tree
from zhiyin.ui.api_frame import Problem

pytestmark = pytest.mark.django_db


def ask(authorization: str | None, method: str = "GET"):
    headers = {} if authorization is None else {"authorization": authorization}
    return bearer(RequestFactory().generic(method, "/api/v1/surveys", headers=headers))


def refusal(authorization: str | None, method: str = "GET") -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        ask(authorization, method)
    return refused.value.status, refused.value.code


def make_key(scope: str = "write", **more) -> str:
    return create_api_key(name="cti", scope=scope, by=SYSTEM, now=NOW, **more)


def test_a_key_opens_and_names_itself():
    secret = make_key()
    assert ask(f"Bearer {secret}").actor == f"api:{ApiKey.objects.get().pk}"
    assert ask(f"bearer  {secret} ").actor == f"api:{ApiKey.objects.get().pk}"


def test_the_secret_is_kept_nowhere():
    secret = make_key()
    row = ApiKey.objects.get()
    assert secret not in repr(ApiKey.objects.values())
    assert secret.encode() not in bytes(row.secret_hash)
    assert row.prefix == secret[:9]
    assert secret not in str(events(kind="people.api_key_made"))


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong-key-of-some-length",
        "Basic {secret}",
        "{secret}",
        "Bearer {secret}x",
        "Bearer 密{secret}",
        "Bearer " + "x" * 10_000,
        "Bearer {secret} {secret}",
        "Bearer \0{secret}",
    ],
)
def test_anything_else_does_not_open(authorization):
    secret = make_key()
    assert refusal(authorization and authorization.format(secret=secret)) == (401, "not_authenticated")


def test_a_revoked_key_does_not_open():
    secret = make_key()
    key = ApiKey.objects.get().pk
    revoke_api_key(key, by=SYSTEM, now=NOW)
    revoke_api_key(key, by=SYSTEM, now=NOW)
    assert refusal(f"Bearer {secret}") == (401, "not_authenticated")
    assert len(events(kind="people.api_key_revoked")) == 1


@pytest.mark.parametrize(("life", "opens"), [(timedelta(minutes=1), True), (timedelta(seconds=-1), False)])
def test_a_key_opens_until_it_expires(life, opens):
    secret = make_key(expires_at=timezone.now() + life)
    if opens:
        ask(f"Bearer {secret}")
    else:
        assert refusal(f"Bearer {secret}") == (401, "not_authenticated")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_read_key_changes_nothing(method):
    secret = make_key("read")
    ask(f"Bearer {secret}")
    assert refusal(f"Bearer {secret}", method) == (403, "read_only_key")
    ask(f"Bearer {make_key('write')}", method)


def test_a_key_of_a_unit_sees_its_subtree():
    tree = make_tree()
    assert ask(f"Bearer {make_key(unit='N')}").units == {tree["N"], tree["N-1"]}
    with pytest.raises(NotFound):
        make_key(unit="nowhere")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\0b"])
def test_a_key_needs_a_name_that_can_be_kept(name):
    with pytest.raises(Refused) as refused:
        create_api_key(name=name, scope="read", by=SYSTEM, now=NOW)
    assert refused.value.code == "key_unnamed"
    assert not ApiKey.objects.exists()
