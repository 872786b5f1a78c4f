"""What grows with every message, as tables by months, for the duty that makes new months and lets old ones go.

Tries and receipts are cut by the id of the message that they are about, and go with it.
"""

from zhiyin.ledger.months import HotTable

MESSAGES = HotTable("messaging_message")
ATTEMPTS = HotTable("messaging_attempt", "message_id")
REPORTS = HotTable("messaging_deliveryreport", "message_id")
