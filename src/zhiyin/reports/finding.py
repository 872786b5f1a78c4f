"""What only upper rooms know lower rooms can be asked by: a case's code leads to the interaction that it is about."""

from zhiyin.cases.queries.open import interaction_of
from zhiyin.journey.queries import InteractionCard, interaction_cards
from zhiyin.lib.errors import Refused
from zhiyin.outreach.why import add_finder
from zhiyin.people.access import Viewer


def register() -> None:
    """Called once when the room is ready."""
    add_finder("case", by_case)


def by_case(typed: str, by: Viewer) -> InteractionCard | None:
    """The interaction of the case with this code, if the viewer may see both."""
    try:
        interaction = interaction_of(typed.upper(), by=by)
    except Refused:  # no such case, a colleague's, or a role without a workbench: there is nothing to be found here
        return None
    return interaction_cards([interaction], by=by).get(interaction) if interaction else None
