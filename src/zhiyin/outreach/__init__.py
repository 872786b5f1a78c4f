"""Who may be asked, why not, and when: a message too many cannot be unsent.

Owns: the policy and its versions, one decision for every interaction, the invitations and the life of their links.
Tells: who was invited, which invitation was withdrawn before it left, and when a link died.
"""
