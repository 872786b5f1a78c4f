"""How a channel is set up: plain settings, and every fault in them by name before anything is kept or sent.

``basics`` reads any dialect's settings, ``checks`` holds what several of them check, ``plain`` the settings of mail,
generic HTTP and the file, ``templated`` what the clouds' gateways have in common. A dialect's own stand in its folder.
"""

from zhiyin.messaging.rules.setups.basics import (
    HIDDEN,
    LONGEST,
    LONGEST_TEMPLATE,
    LONGEST_TEXT,
    BadSetup,
    Called,
    Fault,
    Paced,
    Setup,
    as_shown,
    read_setup,
    shown,
)
from zhiyin.messaging.rules.setups.checks import filled, holders, texts
from zhiyin.messaging.rules.setups.plain import EmailSetup, OutboxSetup, SmsSetup

__all__ = [
    "HIDDEN",
    "LONGEST",
    "LONGEST_TEMPLATE",
    "LONGEST_TEXT",
    "BadSetup",
    "Called",
    "EmailSetup",
    "Fault",
    "OutboxSetup",
    "Paced",
    "Setup",
    "SmsSetup",
    "as_shown",
    "filled",
    "holders",
    "read_setup",
    "shown",
    "texts",
]
