"""The question language: Measure, Dimension, Question, and the engine that answers.

Owns: the columnar mirror and the way from a question to a figure with n, interval and definition. Knows no room.
Tells: nothing.
"""
