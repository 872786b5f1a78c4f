"""Founding an organisation from a pack: journey, questionnaires, policy, terms, and for the demo its people."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from zhiyin.cases.actions.terms import apply_terms
from zhiyin.journey.actions import put_map, set_owner
from zhiyin.lib.text import Text, pick
from zhiyin.outreach.actions import apply_policy
from zhiyin.packs.format import Pack, built_in_packs, load_pack
from zhiyin.packs.shape.journey import Dimension, Stage
from zhiyin.people.access import Viewer
from zhiyin.people.actions import (
    StaffGiven,
    UnitGiven,
    found_organisation,
    give_all_the_same_password,
    put_staff,
    put_unit,
)
from zhiyin.surveys.actions import publish_file


@dataclass(frozen=True)
class Founding:
    """What the first-run page or ``zhiyin init`` asks for."""

    name: Text
    pack: str
    admin_email: str = ""
    admin_name: str = ""
    admin_password: str | None = None


def pack_of(key: str) -> Pack:
    """A built-in pack. Raises KeyError for an unknown key, PackBroken for a faulty one."""
    return load_pack(built_in_packs()[key])


@transaction.atomic
def found(founding: Founding, *, by: Viewer, now: datetime) -> None:
    """Create the organisation with everything its pack brings, a root unit and the first administrator."""
    path = built_in_packs()[founding.pack]
    pack = load_pack(path)
    found_organisation(name=founding.name, pack=founding.pack, by=by, now=now)
    install(pack, path, by=by, now=now)
    put_unit(UnitGiven(code="HQ", name=founding.name, kind="organisation"), by=by, now=now)
    if founding.admin_email:
        put_staff(
            StaffGiven(
                name=founding.admin_name or founding.admin_email.partition("@")[0],
                unit="HQ",
                role="administrator",
                email=founding.admin_email,
                password=founding.admin_password,
            ),
            by=by,
            now=now,
        )


@transaction.atomic
def found_sample(key: str, *, password: str, by: Viewer, now: datetime) -> None:
    """The pack's invented organisation with its tree and staff; everybody with an e-mail may sign in."""
    path = built_in_packs()[key]
    pack = load_pack(path)
    sample = pack.about.sample
    found_organisation(name=sample.organisation, pack=key, by=by, now=now)
    install(pack, path, by=by, now=now)
    for unit in sample.units:
        given = UnitGiven(code=unit.code, name=unit.name, kind=unit.kind, parent=unit.parent or "")
        put_unit(given, by=by, now=now)
    signing_in: list[int] = []
    for member in sample.staff:
        given_staff = StaffGiven(
            name=pick(member.name, "zh-hans"),
            unit=member.unit,
            role=member.role,
            code=member.code,
            email=member.email or "",
        )
        staff_id, _done = put_staff(given_staff, by=by, now=now)
        if member.email:
            signing_in.append(staff_id)
        for touchpoint in member.touchpoints:
            set_owner(touchpoint, staff_id)
    give_all_the_same_password(signing_in, password, by=by, now=now)


def install(pack: Pack, path: Path, *, by: Viewer, now: datetime) -> None:
    """Put the pack's data in place. Running it again changes what the pack changed and makes new versions only then."""
    put_map(
        scenarios=[{"key": one.key, "name": dict(one.name)} for one in pack.journey.scenarios],
        stages=[_defined(one) for one in pack.journey.stages],
        dimensions=[_defined(one) for one in pack.journey.dimensions],
        touchpoints=[
            {
                **_plain(one.key, one.name, str(one.source)),
                "aliases": [dict(alias) for alias in one.aliases],
                "kind": one.kind,
                "scenario": one.scenario,
                "survey": one.survey or "",
                "in_matrix": one.in_matrix,
                "order": one.order,
            }
            for one in pack.journey.touchpoints
        ],
        moments=[
            {
                **_plain(one.key, one.name, str(one.source)),
                "stage": one.stage,
                "touchpoint": one.touchpoint,
                "dimensions": list(one.dimensions),
                "standard": dict(one.standard),
                "checklist": [
                    {"key": item.key, "text": dict(item.text), "source": str(item.source)} for item in one.checklist
                ],
            }
            for one in pack.moments.moments
        ],
        cells=[
            {
                "touchpoint": one.touchpoint,
                "dimension": one.dimension,
                "points": [dict(point) for point in one.points],
                "source": str(one.source)[:120],
            }
            for one in pack.journey.cells
        ],
        shifts=[
            {**_plain(one.key, one.name, str(one.source)), "from_hour": one.begin, "until_hour": one.until}
            for one in pack.journey.shifts
        ],
        attributes=[
            {
                **_plain(one.key, one.name, str(one.source)),
                "values": {value.value: dict(value.name) for value in one.values},
            }
            for one in pack.journey.attributes
        ],
    )
    publish_file(_table(path / "survey.toml"), by=by, now=now)
    apply_policy(pack.policy_text, by=by, now=now)
    terms = {name: _table(path / f"{name}.toml") for name in ("terms", "causes", "steps", "emotions")}
    apply_terms(terms, by=by, now=now)


def _defined(one: Stage | Dimension) -> dict[str, object]:
    return {**_plain(one.key, one.name, str(one.source)), "definition": dict(one.definition)}


def _plain(key: str, name: Text, source: str) -> dict[str, object]:
    return {"key": key, "name": dict(name), "source": source[:120]}


def _table(path: Path) -> dict[str, object]:
    return tomllib.loads(path.read_text("utf-8"))
