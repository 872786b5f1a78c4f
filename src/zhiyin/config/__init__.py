"""Settings, addresses and the API's front door.

Owns: what is read from the environment, the URL map, the one place where the API is mounted.
Tells: nothing. It is the top of the house; nobody imports it except Django itself.
"""
