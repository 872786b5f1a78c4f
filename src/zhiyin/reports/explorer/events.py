"""What the explorer tells the ledger: who kept, shared, took away and mailed which question. Never a figure."""

from dataclasses import dataclass

from zhiyin.ledger.events import fact


@fact("explorer.downloaded")
@dataclass(frozen=True)
class FiguresDownloaded:
    """``query``: the question as its address spells it."""

    query: str
    lines: int


@fact("explorer.view_saved")
@dataclass(frozen=True)
class ViewSaved:
    view_id: int
    query: str
    created: bool


@fact("explorer.view_shared")
@dataclass(frozen=True)
class ViewShared:
    """With whom: a unit and all below it (None: with nobody any more), and there with one role or all."""

    view_id: int
    shared_unit_id: int | None
    role: str


@fact("explorer.view_deleted")
@dataclass(frozen=True)
class ViewDeleted:
    view_id: int


@fact("explorer.view_restored")
@dataclass(frozen=True)
class ViewRestored:
    view_id: int


@fact("explorer.dashboard_changed")
@dataclass(frozen=True)
class DashboardChanged:
    """``what``: made, renamed, shared, deleted, restored, pinned, unpinned, moved."""

    dashboard_id: int
    what: str
    shared_unit_id: int | None = None
    role: str = ""


@fact("explorer.schedule_changed")
@dataclass(frozen=True)
class ScheduleChanged:
    """``what``: made, changed, stopped, started, left (a reader stopped their own copy)."""

    schedule_id: int
    what: str


@fact("explorer.report_mailed")
@dataclass(frozen=True)
class ReportMailed:
    """One period of a schedule went out: to how many of its readers, and how many no longer see figures."""

    schedule_id: int
    due_at: str
    readers: int
    without_right: int
