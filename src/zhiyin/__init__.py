"""Zhiyin 知音: the closed loop of customer satisfaction."""

__version__ = "0.1.0"
