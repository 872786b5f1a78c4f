"""Settings › message channels: which there are and how they fare, adding and changing one, trying one out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.lib.errors import NotFound, Refused, StaleEdit
from zhiyin.messaging.actions import ChannelGiven, InvalidSetup
from zhiyin.messaging.channels.registry import DIALECTS, SECRETS
from zhiyin.messaging.ways import callback_address
from zhiyin.outreach import channel_form as form
from zhiyin.outreach import channels as setting_up
from zhiyin.outreach.channel_fields import KEY, Field
from zhiyin.outreach.channels import RESULTS, NotYourAddress
from zhiyin.outreach.views.fields import written
from zhiyin.people.access import Viewer
from zhiyin.people.views import viewer

# No error report shows what was typed there. Other dialects' secrets have other names: the registry knows them.
HIDDEN_FIELDS = sorted(SECRETS | {"url", "mobile"})
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@require_GET
def channels(request: HttpRequest) -> HttpResponse:
    """How do messages leave, and do they arrive?"""
    by, now = viewer(request), timezone.now()
    found = setting_up.entries(by=by, now=now)
    ways = setting_up.ways(found)
    context = {
        "entries": found,
        "ways": ways,
        "has_gap": any(way.tone for way in ways),
        "is_any_in_use": any(one.card.is_active and not one.is_always_there for one in found),
        "may_set_up": setting_up.may_set_up(by),
        "outbox_path": setting_up.outbox_path(),
        "kinds": setting_up.kinds(),
        "now": now,
    }
    return render(request, "outreach/channels.html", context)


@sensitive_post_parameters(*HIDDEN_FIELDS)
@require_http_methods(["GET", "POST"])
def channel_new(request: HttpRequest, kind: str) -> HttpResponse:
    """Add a channel of one kind. It begins switched off: first a test message, then the customers."""
    by, now = viewer(request), timezone.now()
    setting_up.require(by)
    if kind not in DIALECTS:
        raise NotFound
    if request.method == "GET":
        taken = {one.card.key for one in setting_up.entries(by=by, now=now) if not one.is_always_there}
        return _new_page(request, kind, key="" if kind in taken else kind)
    settings, unread = form.typed(kind, request.POST, kept={})
    key = request.POST.get("key", "").strip()
    given = ChannelGiven(key=key, kind=kind, settings=settings, is_active=None, is_new=True)
    try:
        setting_up.set_up(given, by=by, now=now)
    except InvalidSetup as invalid:
        return _new_page(request, kind, key=key, faults=form.told(kind, invalid.faults, unread))
    messages.success(request, _("Saved, and still switched off. Send yourself a test message, then switch it on."))
    return redirect("outreach:channel", key=key)


def _new_page(request: HttpRequest, kind: str, *, key: str, faults: Mapping[str, str] | None = None) -> HttpResponse:
    post = request.POST if request.method == "POST" else None
    context = {
        "kind": kind,
        "kind_name": setting_up.label_of(kind),
        "is_called_back": DIALECTS[kind].receiver is not None,
        "key_field": replace(KEY, value=key, fault=(faults or {}).get("key", "")),
        **_fields(form.filled(kind, kept={}, post=post, faults=faults)),
        "faults": faults,
        "outbox_path": setting_up.outbox_path(),
    }
    return render(request, "outreach/channel_new.html", context, status=422 if faults else 200)


@sensitive_post_parameters(*HIDDEN_FIELDS)
@require_http_methods(["GET", "POST"])
def channel(request: HttpRequest, key: str) -> HttpResponse:
    """One channel: how it fares, its settings, a test message to oneself."""
    by = viewer(request)
    if request.method == "GET":
        return _page(request, by, key)
    return _try_out(request, by, key) if request.POST.get("do") == "test" else _save(request, by, key)


def _save(request: HttpRequest, by: Viewer, key: str) -> HttpResponse:
    now = timezone.now()
    setting_up.require(by)
    card = setting_up.entry_of(key, setting_up.entries(by=by, now=now)).card
    if card.updated_at is None:  # the outbox that is always there has nothing to set
        raise NotFound
    settings, unread = form.typed(card.kind, request.POST, kept=card.settings)
    as_of = _moment(request.POST.get("as_of", ""))
    given = ChannelGiven(key=key, kind=card.kind, settings=settings, is_active=None, as_of=as_of)
    try:
        setting_up.set_up(given, by=by, now=now)
    except InvalidSetup as invalid:
        return _page(request, by, key, status=422, faults=form.told(card.kind, invalid.faults, unread))
    except StaleEdit:
        return _page(request, by, key, status=409, is_stale=True)
    messages.success(request, _("Saved."))
    return redirect("outreach:channel", key=key)


def _try_out(request: HttpRequest, by: Viewer, key: str) -> HttpResponse:
    mobile = written(request, "mobile")
    try:
        outcome = setting_up.send_myself(key, mobile=mobile, by=by, now=timezone.now())
    except NotYourAddress as not_yours:
        return _page(request, by, key, status=422, test_fault=str(not_yours), mobile=mobile)
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        messages.error(request, str(refused))
    else:
        said = RESULTS[outcome.result]
        (messages.success if outcome.result == "accepted" else messages.error)(request, str(said.sentence))
    return redirect(f"{reverse('outreach:channel', kwargs={'key': key})}#test")


def _page(
    request: HttpRequest,
    by: Viewer,
    key: str,
    *,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
    **more: object,
) -> HttpResponse:
    """The page as it stands, or with what was typed and what is wrong with it."""
    now = timezone.now()
    setting_up.require(by)
    found = setting_up.entries(by=by, now=now)
    entry = setting_up.entry_of(key, found)
    card, trial = entry.card, setting_up.last_trial(key)
    is_saving = request.method == "POST" and request.POST.get("do") != "test"
    context = {
        "entry": entry,
        "kind": card.kind,
        "typed": setting_up.typed_address(card.kind),
        "callback": callback_address(key),
        "faults": faults,
        **_fields(form.filled(card.kind, kept=card.settings, post=request.POST if is_saving else None, faults=faults)),
        "as_of": card.updated_at.isoformat() if card.updated_at else "",
        "trial": trial,
        "trial_said": RESULTS[trial.result] if trial else None,
        "if_switched": setting_up.if_switched(card, [one.card for one in found]),
        "outbox_path": setting_up.outbox_path(),
        "now": now,
        **more,
    }
    return render(request, "outreach/channel.html", context, status=status)


def _fields(fields: Sequence[Field]) -> dict[str, object]:
    """The fields, and whether those that most people leave alone must be seen: a mistake or a secret is there."""
    rare = [field for field in fields if field.is_rare]
    return {
        "fields": fields,
        "has_rare": bool(rare),
        "rare_is_open": any(field.fault or field.is_kept or field.is_lost for field in rare),
    }


@require_POST
def switch_channel(request: HttpRequest, key: str) -> HttpResponse:
    """Put a channel in or out of use."""
    is_active = request.POST.get("on") == "1"
    setting_up.switch(key, is_active=is_active, by=viewer(request), now=timezone.now())
    messages.success(request, _("Switched on.") if is_active else _("Switched off."))
    return redirect("outreach:channel", key=key)


def _moment(text: str) -> datetime:
    """When the page that this form stood on was made; long ago where that cannot be read."""
    try:
        moment = datetime.fromisoformat(text[:40])
    except ValueError:
        return LONG_AGO
    return moment if moment.tzinfo else LONG_AGO
