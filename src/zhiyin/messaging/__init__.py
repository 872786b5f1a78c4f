"""One message to one person by one channel, and what became of it.

Owns: messages, attempts, channels and their settings, and what comes back: receipts, replies. Knows no addresses: it is
handed one and forgets it, and what a gateway sends stays sealed.
Tells: sent, in doubt, failed, withdrawn, settled or sent again by a person; a channel set up, paused, back.
"""
