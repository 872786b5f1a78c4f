"""What holds for a case: its terms, its facts, its clocks, and who may do what next.

Pure. ``terms`` reads what was promised, ``facts`` are the case as it stands, ``clocks`` say what is due and what was
late, ``steps`` what comes next and what is refused, ``occasions`` what sets a case off.
"""
