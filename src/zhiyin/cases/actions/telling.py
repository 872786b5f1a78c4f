"""Alerts to staff about cases, put into the message queue in the transaction of what they tell of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from zhiyin.cases.models import Case
from zhiyin.cases.queries.people import leads_of
from zhiyin.messaging.enqueue import Alert, queue_alert
from zhiyin.people.roles import Role

ALERT_GAP = timedelta(minutes=5)
MOST_NAMED = 20  # codes in one alert; the link shows them all


def tell_of_new_case(case: Case, *, now: datetime) -> None:
    """The leads of the unit hear of a new case: somebody must reach the customer within half an hour (S1.8).

    Not again within five minutes for the same unit: an import may open a thousand cases, and the first alert leads to
    the queue where all of them stand.
    """
    others = Case.objects.filter(unit_id=case.unit_id, opened_at__gt=now - ALERT_GAP, opened_at__lte=now)
    if others.exclude(pk=case.pk).exists():
        return
    with override(settings.LANGUAGE_CODE):
        subject = _("New case %(code)s: please dispatch") % {"code": case.code}
        text = _("A case is waiting for your team: %(link)s") % {"link": _link(case)}
    _queue(case, (card.id for card in leads_of(case.unit_id)), subject, text, now=now)


def tell_of_escalation(case: Case, *, now: datetime) -> None:
    """The leads and the satisfaction manager hear that a case was handed up."""
    with override(settings.LANGUAGE_CODE):
        subject = _("Case %(code)s was escalated") % {"code": case.code}
        text = _("Please look at it: %(link)s") % {"link": _link(case)}
    told = [*leads_of(case.unit_id), *leads_of(case.unit_id, roles=(Role.QUALITY_MANAGER,))]
    _queue(case, (card.id for card in told), subject, text, now=now)


def tell_of_handover(case: Case, *, to: int, now: datetime) -> None:
    """The new owner hears of their case."""
    with override(settings.LANGUAGE_CODE):
        subject = _("Case %(code)s is yours now") % {"code": case.code}
        text = _("Please go on with it: %(link)s") % {"link": _link(case)}
    _queue(case, (to,), subject, text, now=now)


def tell_of_reopened(case: Case, *, now: datetime) -> None:
    """Owner and leads hear that it was not solved after all."""
    with override(settings.LANGUAGE_CODE):
        subject = _("Case %(code)s is open again") % {"code": case.code}
        text = _("The customer says it is not solved. Two days from now: %(link)s") % {"link": _link(case)}
    told = [card.id for card in leads_of(case.unit_id)]
    if case.owner_id is not None:
        told.append(case.owner_id)
    _queue(case, told, subject, text, now=now)


def tell_of_late_cases(codes: Mapping[int, Sequence[str]], *, now: datetime) -> None:
    """Staff id → the cases that are late. One alert for each person, however many cases they are."""
    alerts = []
    for person, late in codes.items():
        with override(settings.LANGUAGE_CODE):
            subject = ngettext("%(n)s case is late", "%(n)s cases are late", len(late)) % {"n": len(late)}
            link = f"{settings.BASE_URL}/cases/?tab=team&late=1"
            text = _("%(codes)s. Please see to it: %(link)s") % {"codes": ", ".join(late[:MOST_NAMED]), "link": link}
        alerts.append(Alert(person, subject, text))
    queue_alert(alerts, now=now)


def _queue(case: Case, staff: Iterable[int], subject: str, text: str, *, now: datetime) -> None:
    told = sorted(set(staff) - {case.about_id})
    queue_alert([Alert(person, subject, text, unit_id=case.unit_id) for person in told], now=now)


def _link(case: Case) -> str:
    return f"{settings.BASE_URL}/cases/{case.code}/"
