"""Every address of the product. A room's own addresses stand in its ``urls.py``."""

from importlib.util import find_spec

from django.urls import include, path

from zhiyin.config import health
from zhiyin.config.api import api

# Rooms with pages, in the order of the navigation.
PAGES = [
    "ui",
    "people",
    "reports",
    "reports.journeys",
    "reports.customers",
    "reports.funnel",
    "reports.sites",
    "reports.agents",
    "reports.care_grid",
    "reports.explorer",
    "reports.cuts",
    "surveys",
    "outreach",
    "cases",
    "responses",
    "packs",
]

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/v1/", api.urls),
    *(path("", include(f"zhiyin.{room}.urls")) for room in PAGES if find_spec(f"zhiyin.{room}.urls")),
]
handler400 = "zhiyin.ui.errors.bad_request"
handler403 = "zhiyin.ui.errors.forbidden"
handler404 = "zhiyin.ui.errors.not_found"
handler500 = "zhiyin.ui.errors.server_error"
