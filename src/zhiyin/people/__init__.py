"""The organisation's people and its customers.

Owns: units, staff, API keys, customers with their sealed names, phones and ids, opt-outs; and ``access.py``, the one
door to rows.
Tells: staff and customers created, merged, opted out, erased; every look at a full phone number.
"""
