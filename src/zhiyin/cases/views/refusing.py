"""When a rule says no to a page: the frame stays, and the page says who owns it and what to do."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from zhiyin.cases.refusals import ConflictOfInterest
from zhiyin.lib.errors import NotFound, Refused

View = TypeVar("View", bound=Callable[..., HttpResponse])


def or_refused(view: View) -> View:
    """Turn a refusal that the view did not handle itself into its page."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound as absent:
            raise Http404(str(absent)) from absent
        except Refused as refusal:
            context = {"refusal": refusal, "is_about_you": isinstance(refusal, ConflictOfInterest)}
            return render(request, "cases/refused.html", context, status=refusal.status)

    return cast(View, answer)
