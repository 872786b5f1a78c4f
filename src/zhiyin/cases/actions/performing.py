"""A verb by its name, with what a form or a program gave: one list for the workbench and the API."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from zhiyin.cases.actions import closing, handling, stepping
from zhiyin.cases.rules.steps import Action
from zhiyin.people.access import Viewer


def perform(action: Action, case_id: int, given: Mapping[str, Any], *, by: Viewer, now: datetime) -> object:
    """Do it. ``given`` holds what the verb takes, cleaned: text, reason, staff, promised_for, agreed, solved, kind,
    amount, cause, gap, step, done, at, version. Raises what the verb raises.
    """
    text, reason = given.get("text") or "", given.get("reason") or ""
    cause, gap, promised_for = given.get("cause") or "", given.get("gap") or "", given.get("promised_for")
    common: dict[str, Any] = {"case_id": case_id, "by": by, "now": now}
    edit: dict[str, Any] = {**common, "version": given.get("version")}
    does: dict[Action, Callable[[], object]] = {
        Action.ACCEPT: lambda: handling.accept(**edit),
        Action.ASSIGN: lambda: handling.assign(**edit, staff_id=given["staff"], text=text),
        Action.CONNECT: lambda: stepping.connect(**edit, text=text),
        Action.COMMIT: lambda: stepping.commit(**edit, promised_for=promised_for, text=text),
        Action.COMPLETE: lambda: stepping.complete(**edit, text=text),
        Action.CONFIRM: lambda: stepping.confirm(**edit, agreed=given.get("agreed"), text=text),
        Action.CALLBACK: lambda: stepping.callback(**edit, solved=given.get("solved"), text=text),
        Action.NOTE: lambda: handling.note(**common, text=text),
        Action.PROMISE: lambda: handling.promise(**edit, text=text, promised_for=promised_for),
        Action.COMPENSATE: lambda: handling.compensate(
            **edit, kind=given.get("kind") or "", amount=given.get("amount") or Decimal(0), text=text
        ),
        Action.ESCALATE: lambda: handling.escalate(**edit, reason=reason),
        Action.PAUSE: lambda: handling.pause(**edit, reason=reason),
        Action.RESUME: lambda: handling.resume(**edit),
        Action.REOPEN: lambda: closing.reopen(**edit, reason=reason),
        Action.CLOSE: lambda: closing.close(**edit, cause=cause, gap=gap, text=text),
        Action.CHECK: lambda: handling.check(**edit, step=given["step"], done=given["done"]),
        Action.CLASSIFY: lambda: closing.classify(**edit, cause=cause, gap=gap),
        Action.PLAN: lambda: stepping.plan_callback(**edit, at=given["at"]),
        Action.REVEAL: lambda: handling.reveal(**common, reason=reason),
        Action.UNDO: lambda: closing.undo_close(**common),
    }
    return does[action]()
