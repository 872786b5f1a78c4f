"""The one way in which a case is changed: seen, allowed, unchanged meanwhile, written down.

    with changing(case_id, Action.NOTE, by=by, now=now, version=version) as change:
        change.tell("note", text=text)

The case's row is held from the first look to the last write, so that two changes come one after the other and each
is judged by what the case is by then. Who was looking at an older version gets StaleEdit, which says who changed it
and when. Entry and ledger fact are written in the same transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from zhiyin.cases.access import hand_of, visible_case
from zhiyin.cases.events import CaseChanged
from zhiyin.cases.models import Case, Entry
from zhiyin.cases.reading import Reckoned, reckon
from zhiyin.cases.refusals import refused
from zhiyin.cases.rules.steps import Action, why_not
from zhiyin.ledger.record import record
from zhiyin.lib.errors import StaleEdit
from zhiyin.people.access import Viewer
from zhiyin.people.queries import staff_cards
from zhiyin.people.roles import Permission

# A note never contradicts what a colleague did meanwhile, so it is never stale.
NEVER_STALE = frozenset({Action.NOTE, Action.REVEAL})


@dataclass
class Change:
    """A change being put together. ``fields`` are columns of the case, ``facts`` go to the ledger."""

    at: Reckoned
    action: Action
    by: Viewer
    now: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    facts: list[Any] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def case(self) -> Case:
        return self.at.case

    def tell(self, kind: str, /, *, text: str = "", **data: Any) -> None:
        """Add a line to the case's course."""
        self.entries.append(
            Entry(
                case_id=self.case.pk,
                at=self.now,
                actor=self.by.actor,
                staff_id=self.by.staff_id,
                kind=kind,
                text=text,
                data=data,
            )
        )


@contextmanager
def changing(
    case_id: int,
    action: Action,
    *,
    by: Viewer,
    now: datetime,
    version: int | None = None,
    classified: tuple[str, str] = ("", ""),
) -> Iterator[Change]:
    """Load the case for this change, check that it is allowed, then write what the block put together.

    ``version`` is the one that the person was looking at; ``classified`` are cause and gap that come along
    with it and count already. Raises NotFound, a CaseRuleBroken or StaleEdit.
    """
    by.require(Permission.WORK_CASES)
    with transaction.atomic():
        at = reckon(visible_case(case_id, by=by, held=True))
        if version is not None and version != at.case.version and action not in NEVER_STALE:
            raise _stale(at.case)
        cause, gap = classified
        at = replace(at, facts=replace(at.facts, cause=cause or at.facts.cause, gap=gap or at.facts.gap))
        _check(at, action, by)
        change = Change(at, action, by, now)
        yield change
        _write(change)


def _check(at: Reckoned, action: Action, by: Viewer) -> None:
    needs = at.version.terms.closing_needs
    refusal = why_not(action, facts=at.facts, hand=hand_of(by), closing_needs=needs)
    if refusal is not None:
        raise refused(refusal)


def _write(change: Change) -> None:
    case, by, now = change.case, change.by, change.now
    if change.fields:
        Case.objects.filter(pk=case.pk).update(**change.fields, version=F("version") + 1)
    for entry in change.entries:
        entry.save()
    facts = change.facts or [
        CaseChanged(case_id=case.pk, action=entry.kind, entry_id=entry.pk, data=entry.data) for entry in change.entries
    ]
    unit_id = change.fields.get("unit_id", case.unit_id)
    for fact in facts:
        record(fact, by=by, now=now, subject=f"case:{case.pk}", unit_id=unit_id)


def _stale(case: Case) -> StaleEdit:
    last = Entry.objects.filter(case_id=case.pk).order_by("-at", "-id").first()
    name = ""
    if last is not None and last.staff_id is not None:
        cards = staff_cards([last.staff_id])
        name = cards[last.staff_id].name if last.staff_id in cards else ""
    if last is None:
        return StaleEdit(_("Somebody else changed this case meanwhile."), next_step=_("Look at it again."))
    return StaleEdit(
        _("%(who)s changed this case at %(when)s.")
        % {"who": name or _("Somebody else"), "when": f"{localtime(last.at):%H:%M:%S}"},
        next_step=_("What you wrote is kept. Look at the change, then send it again."),
    )
