"""Pure Python that knows no domain words: arithmetic of time and chance, cleaning, keys, texts.

Owns: nothing that is stored. Imports neither Django nor any room.
Tells: nothing; whoever calls it gets an answer from its arguments alone.
"""
