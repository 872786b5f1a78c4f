"""The message queue as a table by months, for the duty that makes new months and lets old ones go."""

from zhiyin.ledger.months import HotTable

MESSAGES = HotTable("messaging_message")
