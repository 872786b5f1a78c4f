"""Industry packs: what an organisation of one trade starts with, as data files that anybody can read and change.

Owns: the pack folders (TOML), their format, and the code that turns one into an organisation.
Tells: nothing; what it creates is told by the rooms whose verbs it calls.
Every built-in item names its source (an S-id) or says that it is our own default and why.
"""
