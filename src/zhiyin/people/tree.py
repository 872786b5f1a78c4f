"""The organisation tree as the question language needs it: codes to keys and back."""

from collections.abc import Sequence

from zhiyin.people.models import Staff, Unit


class OrganisationTree:
    """``metrics`` asks through this; it knows no room itself."""

    def below(self, code: str) -> frozenset[int] | None:
        """The keys of a unit and all below it; None for a code that there is not."""
        path = Unit.objects.filter(code=code).values_list("path", flat=True).first()
        if path is None:
            return None
        return frozenset(Unit.objects.filter(path__startswith=path).values_list("pk", flat=True))

    def codes(self, ids: Sequence[int]) -> dict[int, str]:
        return dict(Unit.objects.filter(pk__in=list(ids)).values_list("pk", "code"))

    def staff_codes(self, ids: Sequence[int]) -> dict[int, str]:
        return {pk: code or "" for pk, code in Staff.objects.filter(pk__in=list(ids)).values_list("pk", "code")}
