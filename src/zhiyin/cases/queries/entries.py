"""What a case's course says about closing and goodwill."""

from decimal import Decimal

from zhiyin.cases.models import Entry


def granted(case_id: int) -> Decimal:
    """What has been granted on this case so far, in yuan."""
    rows = Entry.objects.filter(case_id=case_id, kind="compensate").values_list("data", flat=True)
    return sum((Decimal(data.get("amount", "0")) for data in rows), Decimal(0))


def closed_by(case_id: int) -> str:
    """Who closed the case last; "" for nobody."""
    closing = Entry.objects.filter(case_id=case_id, kind="close").order_by("-at", "-id").first()
    return closing.actor if closing is not None else ""
