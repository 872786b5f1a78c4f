"""The API's front: mounts the rooms' routers, one error handler, the OpenAPI description."""

import logging
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema
from ninja.security.base import AuthBase

import zhiyin
from zhiyin.lib.errors import Refused
from zhiyin.lib.faults import Unclean
from zhiyin.people.access import Viewer
from zhiyin.people.api_auth import bearer
from zhiyin.ui.api_frame import Problem, problem_response
from zhiyin.ui.openapi import PROBLEM_DOCUMENT

log = logging.getLogger("zhiyin.api")
ROOMS = ["journey", "outreach", "responses", "surveys", "reports", "cases", "people", "reports.customers"]


class Bearer(AuthBase):
    """``people.api_auth.bearer``, and how the description says so."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Viewer:
        return bearer(request)


class Api(NinjaAPI):
    """The description also holds what every call shares: the problem document."""

    def get_openapi_schema(self, **more: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**more)
        document["components"].setdefault("schemas", {})["Problem"] = PROBLEM_DOCUMENT
        return document


api = Api(
    title="Zhiyin 知音",
    version=zhiyin.__version__,
    description="Interactions in, decisions and answers out. Errors are RFC 9457 problems with a stable code.",
    auth=Bearer(),
    docs=Swagger(settings={"persistAuthorization": True}),
    urls_namespace="api",
)
for room in ROOMS:
    if find_spec(f"zhiyin.{room}.api"):
        api.add_router("", import_module(f"zhiyin.{room}.api").router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem_response(request, problem)


@api.exception_handler(Unclean)
def _unclean(request: HttpRequest, unclean: Unclean) -> HttpResponse:
    return problem_response(request, Problem(unclean.status, unclean.faults[0].code, faults=unclean.faults))


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    problem = Problem(refused.status, refused.code, str(refused), retry_after=refused.retry_after)
    return problem_response(request, problem)


@api.exception_handler(Http404)
def _absent(request: HttpRequest, _absent: Http404) -> HttpResponse:
    return problem_response(request, Problem(404, "not_found"))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, _invalid: ValidationError) -> HttpResponse:
    # Only path parameters reach ninja's own validation: an id that is no number names nothing.
    return problem_response(request, Problem(404, "not_found"))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem_response(request, Problem(error.status_code, "http_error", str(error)))


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    # It restarts, a lock was not to be had, two transactions waited for each other: nothing was written, so again.
    log.warning("request %s: %s", getattr(request, "request_id", ""), error)
    return problem_response(
        request, Problem(503, "database_away", _("The database does not answer. Try again in a few seconds."))
    )


@api.exception_handler(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("request %s failed", getattr(request, "request_id", ""), exc_info=error)
    return problem_response(request, Problem(500, "internal"))
