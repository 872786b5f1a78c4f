"""The closed loop's handwork: a case from its reason to the customer's agreement, with its five C steps and clocks.

Owns: cases, what set them off, their pauses and their course; the versions of terms, cause tree and step texts.
Tells: opened, dispatched, stepped, escalated, closed, reopened.
"""
