"""Alerts to a group of colleagues: robots of DingTalk, Feishu, Lark, WeCom and a few others, spoken by apprise.

Only services whose address is fixed are taken, so that no setting can point a request into the own network; for a
system of one's own there is the signed webhook. Alerts are sent at least once: what is in doubt is sent again.
"""

from zhiyin.messaging.channels.staff.sending import StaffAlerts
from zhiyin.messaging.channels.staff.setup import StaffSetup

__all__ = ["StaffAlerts", "StaffSetup"]
