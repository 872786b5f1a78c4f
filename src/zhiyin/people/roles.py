"""The seven roles and what each may do. A page or verb asks for a permission, never for a role."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    AGENT = "agent", _("Agent")
    TEAM_LEAD = "team_lead", _("Team lead")
    QUALITY_MANAGER = "quality_manager", _("Satisfaction manager")
    TOUCHPOINT_OWNER = "touchpoint_owner", _("Touchpoint owner")
    EXECUTIVE = "executive", _("Executive")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class Permission(StrEnum):
    SEE_FIGURES = "see_figures"  # overview, journey, measures
    SEE_VERBATIMS = "see_verbatims"  # what customers wrote, records behind a figure
    SEE_OUTREACH = "see_outreach"  # the monitor and "why was this customer not asked?"
    RUN_OUTREACH = "run_outreach"  # policy, pause
    WORK_CASES = "work_cases"  # the workbench: own cases and unassigned ones of the team
    LEAD_CASES = "lead_cases"  # every case of the subtree, assign, escalate to
    REVEAL_CONTACT = "reveal_contact"  # a full phone number, with a reason, audited
    CORRECT_CUSTOMERS = "correct_customers"  # consent, flags and merges of a customer, with a reason, audited
    IMPORT = "import"
    EXPORT = "export"
    DEFINE_MEASURES = "define_measures"  # formulas and weights of composites, in versions
    MANAGE_PEOPLE = "manage_people"
    MANAGE_SETTINGS = "manage_settings"
    SEE_AUDIT = "see_audit"


P = Permission
GRANTS: dict[str, frozenset[Permission]] = {
    Role.AGENT: frozenset({P.WORK_CASES, P.REVEAL_CONTACT}),
    Role.TEAM_LEAD: frozenset(
        {P.WORK_CASES, P.LEAD_CASES, P.REVEAL_CONTACT, P.CORRECT_CUSTOMERS, P.SEE_FIGURES, P.SEE_VERBATIMS}
    ),
    Role.QUALITY_MANAGER: frozenset(
        {P.SEE_FIGURES, P.SEE_VERBATIMS, P.SEE_OUTREACH, P.RUN_OUTREACH, P.WORK_CASES, P.LEAD_CASES}
        | {P.REVEAL_CONTACT, P.CORRECT_CUSTOMERS, P.IMPORT, P.EXPORT, P.DEFINE_MEASURES}
    ),
    Role.TOUCHPOINT_OWNER: frozenset({P.SEE_FIGURES, P.SEE_VERBATIMS, P.SEE_OUTREACH, P.WORK_CASES, P.LEAD_CASES}),
    Role.EXECUTIVE: frozenset({P.SEE_FIGURES, P.SEE_OUTREACH}),
    Role.AUDITOR: frozenset({P.SEE_AUDIT, P.SEE_OUTREACH}),
    # Administrators run the place; customers' words and numbers are not theirs by default.
    Role.ADMINISTRATOR: frozenset({P.MANAGE_PEOPLE, P.MANAGE_SETTINGS, P.SEE_AUDIT, P.RUN_OUTREACH, P.SEE_OUTREACH}),
}
