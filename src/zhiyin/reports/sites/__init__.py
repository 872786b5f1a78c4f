"""Sites side by side: how far they truly lie apart, which differ from the others, and what of it is only their mix.

S3.82: the same chain in cities A, B and C is not the same service; the spread between sites is a figure of its own.
"""
