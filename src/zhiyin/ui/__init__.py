"""What every screen shares: the page frame, the parts it is built of, how numbers and times are written.

Owns the design tokens, the built front-end assets, the navigation list, the theme and language switches and the error
pages. Knows no business word and imports no other room; upper rooms lend it what every page shows (see ``supplies``).
"""
