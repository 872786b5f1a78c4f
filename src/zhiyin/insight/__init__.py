"""Chinese text and what drives satisfaction.

Owns: the reading of comments (is it angry, about what, which words say so) and the versions of the lexicon it uses.
Tells: a lexicon was applied.
"""
