"""One customer on one page: everything we asked this person, and why not; what they allow; setting right who they are.

It stands here and not in ``people`` because it shows interactions, messages, answers and cases, which that room must
not know.
"""
