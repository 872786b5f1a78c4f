"""Each role and each permission: who may do what, written out once so that a change is seen."""

import pytest

from zhiyin.lib.errors import NotAllowed
from zhiyin.people.access import Viewer
from zhiyin.people.roles import GRANTS, Permission, Role

#                     agent lead quality owner executive auditor administrator
MATRIX = """
see_figures             .    x      x      x       x        .          .
see_verbatims           .    x      x      x       .        .          .
see_outreach            .    .      x      x       x        x          x
run_outreach            .    .      x      .       .        .          x
work_cases              x    x      x      x       .        .          .
lead_cases              .    x      x      x       .        .          .
reveal_contact          x    x      x      .       .        .          .
correct_customers       .    x      x      .       .        .          .
import                  .    .      x      .       .        .          .
export                  .    .      x      .       .        .          .
define_measures         .    .      x      .       .        .          .
manage_people           .    .      .      .       .        .          x
manage_settings         .    .      .      .       .        .          x
see_audit               .    .      .      .       .        x          x
"""
ROLES = (
    Role.AGENT,
    Role.TEAM_LEAD,
    Role.QUALITY_MANAGER,
    Role.TOUCHPOINT_OWNER,
    Role.EXECUTIVE,
    Role.AUDITOR,
    Role.ADMINISTRATOR,
)
CELLS = [
    pytest.param(role, Permission(line.split()[0]), mark == "x", id=f"{role}-{line.split()[0]}")
    for line in MATRIX.strip().splitlines()
    for role, mark in zip(ROLES, line.split()[1:], strict=True)
]


@pytest.mark.parametrize(("role", "permission", "granted"), CELLS)
def test_a_role_may_do_what_the_table_says(role, permission, granted):
    by = Viewer(actor="staff:1", permissions=GRANTS[role])
    assert by.may(permission) is granted
    if granted:
        by.require(permission)
    else:
        with pytest.raises(NotAllowed) as refused:
            by.require(permission)
        assert (refused.value.code, refused.value.status) == (permission, 403)


def test_the_table_names_every_role_and_every_permission():
    assert len(CELLS) == len(Role) * len(Permission)
    assert set(GRANTS) == set(Role)


def test_nobody_who_audits_may_change_what_is_audited():
    """System, security and audit are three people's business (等保 2.0)."""
    assert GRANTS[Role.AUDITOR] <= {Permission.SEE_AUDIT, Permission.SEE_OUTREACH}


def test_an_administrator_reads_no_customers_words_and_no_numbers():
    assert not GRANTS[Role.ADMINISTRATOR] & {Permission.SEE_VERBATIMS, Permission.REVEAL_CONTACT, Permission.EXPORT}


def test_the_system_may_do_everything_everywhere():
    system = Viewer.system("worker")
    assert system.permissions == frozenset(Permission)
    assert (system.actor, system.units, system.sees_unit(5), system.sees_unit(None)) == (
        "system:worker",
        None,
        True,
        True,
    )
