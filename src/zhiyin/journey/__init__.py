"""The customer's way through the service: stages, touchpoints, moments, and the interactions that happened there.

Owns: stages, touchpoints (九经), dimensions (四纬), scenarios, moments with standards and checklists, interactions.
Tells: interactions received.
"""
