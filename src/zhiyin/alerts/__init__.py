"""Rules over one answer or one interaction: they say "look here", never how to solve it.

Owns: the signals and when they go off.
Tells: a signal went off, with its reasons.
"""
