"""People in figures: ranked so that small samples neither win nor lose by luck, and one page each for a fair talk.

Who leads sees the people of their own units; an agent sees themself and nobody else.
"""
