"""What another room's own statement may read of an interaction, on a path where the ORM costs more than the database.

``{interaction}`` stands for its id. An interaction never changes after it came in.
"""

from zhiyin.ledger.months import HotTable

INTERACTIONS = HotTable("journey_interaction")
ENDED_AT = "SELECT ended_at FROM journey_interaction WHERE id = {interaction}"
