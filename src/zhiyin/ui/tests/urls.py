"""Addresses for the navigation's tests: some rooms are built, some are not."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("", include("zhiyin.ui.urls")),
    path("overview/", include(([path("", page, name="overview")], "reports"))),
    path("outreach/", include(([path("", page, name="monitor")], "outreach"))),
    path("cases/", include(([path("", page, name="queue"), path("callbacks/", page, name="callbacks")], "cases"))),
    path("settings/", include(([path("", page, name="settings"), path("users/", page, name="staff")], "people"))),
]
