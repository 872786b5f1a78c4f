"""Pages that show many rooms: home, overview, the way of one response.

Owns: no tables. Asks the rooms below through their queries and the catalogue.
Tells: nothing.
"""
