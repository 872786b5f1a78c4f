"""The journey's pages: which moment dissatisfies customers most, and did we do what its standard says?

They stand here and not in ``journey`` because they show answers and cases, which that room must not know.
"""
