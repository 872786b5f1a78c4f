"""The first-run page: what ``serve`` shows on an empty folder."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from zhiyin.lib.text import both, pick
from zhiyin.packs.format import built_in_packs
from zhiyin.packs.install import Founding, found, pack_of
from zhiyin.people.access import Viewer
from zhiyin.people.queries import organisation

SHORTEST_PASSWORD = 10


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Name, pack, administrator. Once there is an organisation this page only leads to the log-in."""
    if organisation() is not None:
        return redirect("people:log_in")
    faults: dict[str, str] = {}
    given = {key: request.POST.get(key, "").strip() for key in ("name", "name_en", "pack", "email", "admin")}
    if request.method == "POST":
        password = request.POST.get("password", "")
        faults = _faults(given, password)
        if not faults:
            founding = Founding(
                name=both(given["name"], given["name_en"] or given["name"]),
                pack=given["pack"],
                admin_email=given["email"],
                admin_name=given["admin"],
                admin_password=password,
            )
            found(founding, by=Viewer.system("first-run"), now=timezone.now())
            return redirect("people:log_in")
    packs = [(key, pack_of(key).about) for key in built_in_packs()]
    language = getattr(request, "LANGUAGE_CODE", "zh-hans")
    choices = [(key, pick(about.name, language), pick(about.description, language)) for key, about in packs]
    context = {"given": given, "faults": faults, "packs": choices}
    return render(request, "packs/start.html", context, status=422 if faults else 200)


def _faults(given: dict[str, str], password: str) -> dict[str, str]:
    """What is wrong, by field."""
    faults = {}
    if not 1 <= len(given["name"]) <= 40:
        faults["name"] = _("Give the organisation's name, at most 40 characters.")
    if given["pack"] not in built_in_packs():
        faults["pack"] = _("Choose a pack.")
    try:
        validate_email(given["email"])
    except ValidationError:
        faults["email"] = _("Give an e-mail address such as name@example.com.")
    if not SHORTEST_PASSWORD <= len(password) <= 128:
        faults["password"] = _("Use 10 to 128 characters.")
    return faults
