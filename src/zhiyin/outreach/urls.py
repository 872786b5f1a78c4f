"""Addresses of outreach. What may be a phone number never stands in an address: the lookup is a POST."""

from django.urls import path

from zhiyin.outreach.views import (
    asking,
    channels,
    doubting,
    failing,
    gateways,
    governing,
    rehearsing,
    replying,
    watching,
)

app_name = "outreach"
urlpatterns = [
    path("outreach/", watching.monitor, name="monitor"),
    path("outreach/decisions/", watching.decisions, name="decisions"),
    path("outreach/decisions/<int:interaction_id>/", asking.decision, name="decision"),
    path("outreach/invitations/", watching.invitations, name="invitations"),
    path("outreach/why/", asking.why, name="why"),
    path("outreach/doubts/", doubting.doubts, name="doubts"),
    path("outreach/doubts/<int:message_id>/", doubting.decide, name="decide_doubt"),
    path("outreach/failed/", failing.failed, name="failed"),
    path("outreach/failed/<int:message_id>/", failing.requeue, name="requeue"),
    path("outreach/replies/", replying.replies, name="replies"),
    path("outreach/replies/<int:reply_id>/", replying.settle, name="settle_reply"),
    path("outreach/policy/", governing.policy, name="policy"),
    path("outreach/rehearsal/", rehearsing.rehearsal, name="rehearsal"),
    path("outreach/pause/", governing.pause, name="pause"),
    path("outreach/resume/", governing.resume, name="resume"),
    path("settings/channels/", channels.channels, name="channels"),
    # With a hyphen, which the name of a channel never has.
    path("settings/channels/add-channel/<str:kind>/", channels.channel_new, name="channel_new"),
    path("settings/channels/<str:key>/", channels.channel, name="channel"),
    path("settings/channels/<str:key>/switch/", channels.switch_channel, name="switch_channel"),
    # Gateways call here; the secret stands in the address where they sign nothing.
    path("gateways/<str:key>/", gateways.callback, name="gateway"),
    path("gateways/<str:key>/<path:secret>", gateways.callback, name="gateway_with_secret"),
]
