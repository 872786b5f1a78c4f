"""The funnel: from the service encounter to the answer, what is lost at each step, whatever it is cut by.

It stands here and not in ``outreach`` because it is cut by what many rooms know. Counted in the record, as the lists
are that its numbers open.
"""
