"""SMPP 3.4, for carriers and aggregators that offer it, by smpplib.

Follows "Short Message Peer to Peer Protocol Specification v3.4" (SMPP Forum, 1999, issue 1.2): bind, submit_sm,
deliver_sm, enquire_link, the status codes of section 5.1.3, receipts as in appendix B; long texts by a user data header
(3GPP TS 23.040), by the sar_ parameters or in message_payload, as the provider wants it.

Left to each provider, and so taken pessimistically or set up: the receipt's exact spelling (``id:… stat:…`` in any
order, or the optional parameters), in which zone its dates are (read as Beijing time), and status codes from 0x400 on,
which are the provider's own and prove nothing here.
"""

from zhiyin.messaging.channels.smpp.listening import SmppEar
from zhiyin.messaging.channels.smpp.sending import Smpp
from zhiyin.messaging.channels.smpp.setup import SmppSetup

__all__ = ["Smpp", "SmppEar", "SmppSetup"]
