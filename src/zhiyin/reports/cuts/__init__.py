"""The settings page of what figures are cut by: attributes and shifts, how far each reaches, what is sent undeclared.

Owns: nothing; ``journey`` keeps what is declared. Tells: nothing of its own.
"""
