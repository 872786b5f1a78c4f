"""What customers answered: the public survey page, submissions, answers.

Owns: responses and answers, raw as they were given, whatever way they came.
Tells: a response was received, links were opened.
"""
