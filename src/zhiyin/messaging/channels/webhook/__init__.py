"""Signed webhook, both ways: a system of one's own sends the message, and says with the same key what became of it.

Follows "Standard Webhooks" 1.0 (webhook-id, webhook-timestamp, webhook-signature; symmetric keys, ``v1``). The other
side must take a ``webhook-id`` once, however often it comes: a staff alert in doubt is sent again under the same id.
"""

from zhiyin.messaging.channels.webhook.receiving import WebhookReceiver
from zhiyin.messaging.channels.webhook.sending import Webhook
from zhiyin.messaging.channels.webhook.setup import WebhookSetup

__all__ = ["Webhook", "WebhookReceiver", "WebhookSetup"]
