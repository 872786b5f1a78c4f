"""What is asked: questionnaires and their versions.

Owns: surveys, survey versions (immutable once published).
Tells: a version was published.
"""
