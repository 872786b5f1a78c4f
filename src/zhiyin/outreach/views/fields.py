"""Reading what somebody wrote into a form or an address."""

from collections.abc import Mapping

from django.http import HttpRequest


def written(request: HttpRequest, name: str) -> str:
    """A line of text as it may be kept: without control characters, which one of our databases refuses."""
    return "".join(filter(str.isprintable, request.POST.get(name, ""))).strip()


def number(query: Mapping[str, str], name: str, *, digits: int = 19) -> int | None:
    """A whole number in an address; nonsense is none."""
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def cursor(query: Mapping[str, str]) -> int | None:
    """Where the next page of a list begins."""
    return number(query, "cursor")
