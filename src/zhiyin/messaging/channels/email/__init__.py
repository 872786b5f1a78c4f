"""E-mail: SMTP out, and back what a mail server reports: bounces (RFC 3464) and complaints (ARF, RFC 5965).

Each mail has a return address of its own, signed by us, so that nobody can bounce what they did not get (VERP). A mail
server hands what arrives there on to the channel's callback address, whole, as ``message/rfc822``; or it stays in a
mailbox, which ``collecting`` reads by IMAP.
"""

from zhiyin.messaging.channels.email.collecting import Mailbox
from zhiyin.messaging.channels.email.receiving import EmailReceiver
from zhiyin.messaging.channels.email.sending import Email, composed

__all__ = ["Email", "EmailReceiver", "Mailbox", "composed"]
