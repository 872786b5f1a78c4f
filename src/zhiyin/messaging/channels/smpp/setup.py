"""What an SMPP provider gives."""

from dataclasses import dataclass
from typing import ClassVar

from zhiyin.messaging.rules.setups import Fault, Paced
from zhiyin.messaging.rules.setups.checks import host_fault, is_plain

CHOICES = {
    "security": ("tls", "none"),
    "numbers": ("international", "national"),
    "long_texts": ("udh", "sar", "payload"),
    "binding": ("transceiver", "separate"),
}
LONGEST_ID, LONGEST_PASSWORD, LONGEST_SENDER = 15, 8, 20  # as the protocol's fields hold


@dataclass(frozen=True, kw_only=True)
class SmppSetup(Paced):
    """``binding``: one session for both ways, or one to send and one to receive. ``sender`` is the source address."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"host", "system_id", "password"})
    SECRET: ClassVar[frozenset[str]] = frozenset({"password"})

    host: str
    port: int = 2775
    security: str = "tls"
    system_id: str
    password: str
    system_type: str = ""
    sender: str = ""
    sender_ton: int = 0
    sender_npi: int = 0
    numbers: str = "international"
    long_texts: str = "udh"
    binding: str = "transceiver"

    def faults(self, private_hosts: frozenset[str]) -> list[Fault]:
        found = [Fault("host", code)] if (code := host_fault(self.host, private_hosts)) else []
        if not 1 <= self.port <= 65535:
            found.append(Fault("port", "out_of_range"))
        found += [
            Fault(name, "not_a_choice") for name, choices in CHOICES.items() if getattr(self, name) not in choices
        ]
        if self.security == "none" and self.host.lower() not in private_hosts:
            found.append(Fault("security", "password_needs_tls"))
        for name, longest in (
            ("system_id", LONGEST_ID),
            ("password", LONGEST_PASSWORD),
            ("system_type", 12),
            ("sender", LONGEST_SENDER),
        ):
            if not is_plain(getattr(self, name)):
                found.append(Fault(name, "not_ascii"))
            elif len(getattr(self, name)) > longest:
                found.append(Fault(name, "too_long"))
        ranges = (("sender_ton", 6), ("sender_npi", 18))
        found += [Fault(name, "out_of_range") for name, most in ranges if not 0 <= getattr(self, name) <= most]
        return found + super().faults(private_hosts)
