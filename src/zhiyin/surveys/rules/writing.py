"""A questionnaire as JSON: the form in which a version is kept, and which ``parse`` reads back to an equal one."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from zhiyin.surveys.rules.questionnaire import Questionnaire

SINGULAR = {"questions": "question", "options": "option", "reasons": "reason"}
AROUND = ("notice", "unavailable", "opt_out")


def render(one: Questionnaire) -> dict[str, Any]:
    """The document that holds this questionnaire alone, every default spelled out."""
    survey = _plain(one, leave_out=(*AROUND, "languages", "roles"))
    survey["measures"] = _roles(one)
    for switch in ("comment", "call_me"):
        survey.setdefault(switch, False)
    around = {name: _plain(getattr(one, name)) for name in AROUND}
    scales = [_plain(scale) for scale in one.scales]
    return {"languages": list(one.languages), "scale": scales, "survey": [survey], **around}


def _roles(one: Questionnaire) -> dict[str, Any]:
    return {**_plain(one.roles, leave_out=("named",)), **one.roles.named}


def _plain(item: Any, *, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in fields(item):
        value = getattr(item, each.name)
        if each.name in leave_out or value is None or value in ((), ""):
            continue
        found[SINGULAR.get(each.name, each.name)] = _value(each.name, value)
    return found


def _value(name: str, value: Any) -> Any:
    if name == "scale":
        return value.key
    if is_dataclass(value):
        return _plain(value)
    if isinstance(value, tuple):
        return [_value("", each) for each in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value.value if hasattr(value, "value") else value
