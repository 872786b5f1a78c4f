"""A gateway on this machine that speaks every dialect, so that the whole loop is tried without an account anywhere.

It takes messages, shows them on a phone, sends receipts and replies back, and misbehaves on demand. It stands on the
standard library and on nothing of ours that it is there to try: what it says is written from the providers' documents,
not from our senders. See ``docs/gateway-simulator.md``.
"""
