"""What happened: one table that is both the audit trail and the outbox of facts.

Owns: events, their hash chain and its anchors, what each reaction did with an event, the node numbers behind ids.
Tells: every fact that the rooms above record, in order, to the reactions written in ``loop.py``.
"""
