"""How long a message may wait in the queue at the very most, whatever the policy says.

Later nobody knows any more what is meant. And it bounds how far back a look for what somebody was sent must go: a
message sent after a moment was queued no longer before it than this.
"""

from datetime import timedelta

LONGEST_WAIT = timedelta(days=10)
