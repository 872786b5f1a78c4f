"""The way back: what gateways say is kept as it came, answered at once, and worked through later, each thing once.

``inbox`` keeps requests and what they said, ``settling`` lets receipts decide about messages, ``replies`` keeps what
customers wrote, ``hearing`` watches how the way back fares, ``pulling`` asks where pushes fall silent, ``pausing`` lets
a channel rest whose account is empty. What it all means for customers is for ``outreach.arrivals`` to say.
"""
