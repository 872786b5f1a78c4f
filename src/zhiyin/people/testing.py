"""People for tests: a small tree, staff in it, customers by id, phone and e-mail."""

from datetime import UTC, datetime
from itertools import count

from django.db import transaction
from django.db.models import QuerySet

from zhiyin.lib.masking import mask_email, mask_id, mask_phone
from zhiyin.lib.phones import Phone, normalise
from zhiyin.lib.text import both
from zhiyin.people.access import Viewer, viewer_by_id
from zhiyin.people.actions import StaffGiven, UnitGiven, found_organisation, put_staff, put_unit
from zhiyin.people.identify import Given, Handle, Known, identify
from zhiyin.people.models import ApiKey, Customer, Identity, Staff, Unit
from zhiyin.people.queries import organisation

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai
SYSTEM = Viewer.system("test")
PASSWORD = "correct horse battery"
_numbers = count(1)
TREE = (("HQ", "总部", "Head office", ""), ("N", "北区", "North", "HQ"), ("N-1", "北一班", "North 1", "N"))
OTHER_BRANCH = (("S", "南区", "South", "HQ"), ("S-1", "南一班", "South 1", "S"))


def make_tree(*, now: datetime = NOW) -> dict[str, int]:
    """An organisation whose head office has two branches, north and south, with a team each. Code → key."""
    if organisation() is None:
        found_organisation(name=both("云桥", "Cloudbridge"), pack="hotline", by=SYSTEM, now=now)
    return {
        code: put_unit(UnitGiven(code, both(chinese, english), "team", parent), by=SYSTEM, now=now)[0]
        for code, chinese, english, parent in (*TREE, *OTHER_BRANCH)
    }


def make_staff(role: str = "agent", *, unit: str = "N-1", password: str | None = None, now: datetime = NOW) -> Viewer:
    """Somebody who works there, as the viewer that they are. ``email_of`` says how they sign in."""
    number = next(_numbers)
    given = StaffGiven(
        f"员工{number}", unit, role, code=f"P{number}", email=f"p{number}@example.com", password=password
    )
    return viewer_by_id(put_staff(given, by=SYSTEM, now=now)[0])


def given(external_id: str = "", phone: str = "", email: str = "", **more: str) -> Given:
    """A person as an interaction names them."""
    handles = []
    if external_id:
        handles.append(Handle("external", external_id, mask_id(external_id)))
    if phone:
        number = normalise(phone)
        assert isinstance(number, Phone)
        handles.append(Handle("phone", number.e164, mask_phone(number), str(number.kind)))
    if email:
        handles.append(Handle("email", email.lower(), mask_email(email)))
    return Given(tuple(handles), **more)


def known(*people: Given, now: datetime = NOW) -> list[Known]:
    """Who these people are, in a transaction of their own."""
    with transaction.atomic():
        return identify(people, by=SYSTEM, now=now)


def customers() -> QuerySet[Customer]:
    """All rows, for a test of another room to count and look at; so are the next ones."""
    return Customer.objects.all()


def identities() -> QuerySet[Identity]:
    return Identity.objects.all()


def members() -> QuerySet[Staff]:
    return Staff.objects.all()


def units() -> QuerySet[Unit]:
    return Unit.objects.all()


def api_keys() -> QuerySet[ApiKey]:
    return ApiKey.objects.all()
