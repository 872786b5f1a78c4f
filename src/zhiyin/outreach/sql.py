"""The invitation's part of the survey page's statements. The ORM costs more than the database does on that path.

``responses`` puts these beside its own parts; nothing else in the product writes SQL about invitations. ``{now}``,
``{token}`` and ``{version}`` stand for the places of those values, which each database spells in its own way.

A link lives from the moment its message is handed to the gateway (whose reply may take longer than the customer's
thumb) until it was used or its time is over. Server time decides, and at exactly eight hours it is dead (S12). Somebody
who was reminded holds two links; each lives its own time.
"""

from zhiyin.ledger.months import HotTable

DECISIONS = HotTable("outreach_decision", "interaction_id")
INVITATIONS = HotTable("outreach_invitation")
LIVE_STATES = ("queued", "sent", "unknown")

# A page load: one row or none. The caller judges it, so that a dead link costs what a live one does.
FIND = (
    "SELECT id, survey_version_id, state, "
    "CASE WHEN token_hash = {token} THEN dies_at ELSE earlier_dies_at END AS dies_at, NULLIF(customer_id, 0) "
    "FROM outreach_invitation WHERE token_hash = {token} OR earlier_token_hash = {token}"
)

# A submission: the row is taken by whoever comes first, and by nobody after that.
TAKE = """
UPDATE outreach_invitation SET state = 'answered', answered_at = {now}
WHERE (token_hash = {token} OR earlier_token_hash = {token}) AND survey_version_id = {version}
  AND state IN ('queued', 'sent', 'unknown')
  AND COALESCE(CASE WHEN token_hash = {token} THEN dies_at ELSE earlier_dies_at END > {now}, TRUE)
RETURNING id, NULLIF(customer_id, 0) AS customer_id, staff_id, interaction_id, case_id, purpose, survey_version_id,
          scenario_id, touchpoint_id, unit_id, served_by
"""

# Pages opened in the last second or so, noted in one go behind the customer's back: nothing hangs on it. Rows are
# locked in order, so that two processes that note the same pages never wait for each other in a circle.
OPENED_ON_POSTGRESQL = """
WITH looked AS (
  SELECT id, at FROM unnest(%s::bigint[], %s::timestamptz[]) AS given (id, at)
  JOIN outreach_invitation USING (id) WHERE opened_at IS NULL ORDER BY id FOR UPDATE OF outreach_invitation
)
UPDATE outreach_invitation SET opened_at = looked.at FROM looked WHERE outreach_invitation.id = looked.id
RETURNING outreach_invitation.id
"""
OPENED_ON_SQLITE = """
UPDATE outreach_invitation SET opened_at = looked.value ->> 1 FROM json_each(%s) AS looked
WHERE outreach_invitation.id = looked.value ->> 0 AND opened_at IS NULL
RETURNING outreach_invitation.id
"""
