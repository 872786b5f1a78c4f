"""The explorer: pick a measure, cut it, look at it, open the records behind it; keep, share, pin and mail the question.

Owns: saved views, dashboards with their tiles, schedules with their readers and runs.
Asks the catalogue through ``reports.figures.Desk``, so that nobody ever sees more than their own units: what is saved
is the question, never an answer. Tells: who saved, shared, downloaded and mailed what.
"""
