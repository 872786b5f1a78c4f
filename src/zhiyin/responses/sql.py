"""The hot path of the survey page: one statement for a page, one for a submission.

On PostgreSQL a submission is one ``WITH`` that takes the invitation and, where it was there to take, writes response,
answers and the fact; all or nothing, in one round trip. SQLite has no such statement, so the same parts run inside
one ``BEGIN IMMEDIATE``. The parts about the invitation are ``outreach.sql``'s, the one about its interaction
``journey.sql``'s, the fact's content ``ledger.record``'s.
"""

from zhiyin.journey import sql as interactions
from zhiyin.outreach import sql as invitations
from zhiyin.responses.statements import Statement

RESPONSE_COLUMNS = (
    "id, customer_id, staff_id, invitation_id, interaction_id, case_id, purpose, survey_version_id, source, "
    "external_id, scenario_id, touchpoint_id, unit_id, served_by, language, headline, comment, wants_contact, "
    "answered_at, received_at, body, attributes"
)
ANSWER_COLUMNS = "id, response_id, customer_id, question, value, raw"
EVENT_COLUMNS = "id, at, kind, actor, subject, unit_id, data, mark, wants_delivery"

# The invitation, and when the service was that it asks about: two more look-ups by key inside the same statement.
_ENDED_AT = interactions.ENDED_AT.format(
    interaction="(SELECT interaction_id FROM outreach_invitation WHERE id = found.id)"
)
_FIND = f"SELECT found.*, ({_ENDED_AT}) FROM ({invitations.FIND}) found"

FIND = Statement("zhiyin_survey_find", _FIND.format(token="$1::bytea"))

# Double click, lost reply: the same body for the same link within ten minutes was received already.
REPEATED = Statement(
    "zhiyin_survey_repeated",
    "SELECT 1 FROM responses_response WHERE invitation_id = $1::bigint AND body = $2::uuid "
    "AND received_at > $3::timestamptz",
)

# $1 now, $2 token, $3 version, $4 response, $5 language, $6 headline, $7 comment, $8 wants_contact, $9 body,
# $10 attributes, $11 answers as [{id, question, value, raw}], $12… the fact: id, kind, actor, subject, data, mark,
# wants_delivery
SUBMIT = Statement(
    "zhiyin_survey_submit",
    f"""
WITH inv AS ({invitations.TAKE.format(now="$1::timestamptz", token="$2::bytea", version="$3::bigint")}),
r AS (
  INSERT INTO responses_response ({RESPONSE_COLUMNS})
  SELECT $4::bigint, customer_id, staff_id, id, interaction_id, case_id, purpose, survey_version_id, 'web', '',
         scenario_id, touchpoint_id, unit_id, served_by, $5::text, $6::smallint, $7::text, $8::boolean,
         $1::timestamptz, $1::timestamptz, $9::uuid, $10::jsonb
  FROM inv
),
a AS (
  INSERT INTO responses_answer ({ANSWER_COLUMNS})
  SELECT a.id, $4::bigint, inv.customer_id, a.question, a.value, a.raw
  FROM inv, jsonb_to_recordset($11::jsonb) AS a(id bigint, question text, value smallint, raw text)
),
e AS (
  INSERT INTO ledger_event ({EVENT_COLUMNS})
  SELECT $12::bigint, $1::timestamptz, $13::text, $14::text, $15::text, NULL, $16::jsonb, $17::bytea, $18::boolean
  FROM inv
)
SELECT id FROM inv
""",
)

SQLITE_FIND = _FIND.format(token="%(token)s")
SQLITE_TAKE = invitations.TAKE.format(now="%(now)s", token="%(token)s", version="%(version)s")
SQLITE_REPEATED = "SELECT 1 FROM responses_response WHERE invitation_id = %s AND body = %s AND received_at > %s"
SQLITE_RESPONSE = f"INSERT INTO responses_response ({RESPONSE_COLUMNS}) VALUES ({', '.join(['%s'] * 22)})"
SQLITE_ANSWER = f"INSERT INTO responses_answer ({ANSWER_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)"
SQLITE_EVENT = f"INSERT INTO ledger_event ({EVENT_COLUMNS}) VALUES (%s, %s, %s, %s, %s, NULL, %s, %s, %s)"
