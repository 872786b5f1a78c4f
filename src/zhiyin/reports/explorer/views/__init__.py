"""The explorer's pages: asking, what was kept, dashboards, what goes out by mail."""

from zhiyin.reports.explorer.views import asking, boards, kept, schedules

__all__ = ["asking", "boards", "kept", "schedules"]
