"""From the fields of a person, as an interaction, an answer or an import gives them, to handles."""

from collections.abc import Hashable, Mapping
from typing import Any

from zhiyin.lib.masking import mask_email, mask_id, mask_phone
from zhiyin.people.identify import Given, Handle


def given_person(fields: Mapping[str, Any], *, main: str = "external_id") -> Given:
    """Who this is. ``main`` names the field with the sender's own id; all the others may be missing."""
    given = fields.get
    own = fields[main]
    handles = [Handle("external", own, mask_id(own))]
    if phone := given("phone"):
        handles.append(Handle("phone", phone.e164, mask_phone(phone), str(phone.kind)))
    if email := given("email"):
        handles.append(Handle("email", email.lower(), mask_email(email)))
    if wechat := given("wechat"):
        handles.append(Handle("wechat", wechat, mask_id(wechat)))
    if wecom := given("wecom"):
        handles.append(Handle("wecom", wecom, mask_id(wecom)))
    named = given("name") or "", given("brand") or "", given("segment") or "", given("language") or ""
    return Given(tuple(handles), *named)


def handles_of(fields: Mapping[str, Any]) -> list[tuple[str, Hashable]]:
    """By what these fields tell who somebody is: whoever has none of them in common with another is somebody else."""
    handles: list[tuple[str, Hashable]] = [(kind, fields[kind]) for kind in _PLAIN if fields.get(kind)]
    if phone := fields.get("phone"):
        handles.append(("phone", phone.e164))
    if email := fields.get("email"):
        handles.append(("email", email.lower()))
    return handles


_PLAIN = ("external_id", "wechat", "wecom")
