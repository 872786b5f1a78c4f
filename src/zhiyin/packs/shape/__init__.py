"""What a pack is: one frozen dataclass for each kind of item, a module for each group of files.

A list's order in its file is its order on the screen. Every item carries its ``source``.
"""
