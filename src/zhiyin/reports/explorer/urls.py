from django.urls import path

from zhiyin.reports.explorer.views import asking, boards, kept, schedules

app_name = "explorer"
urlpatterns = [
    path("explorer/", asking.explorer, name="explorer"),
    path("explorer/records/", asking.records, name="records"),
    path("explorer/download/", asking.download, name="download"),
    path("explorer/save/", kept.save, name="save"),
    path("explorer/views/", kept.views, name="views"),
    path("explorer/views/<int:view_id>/", kept.view, name="view"),
    path("explorer/views/<int:view_id>/edit/", kept.edit_view, name="edit_view"),
    path("explorer/views/<int:view_id>/delete/", kept.delete_view, name="delete_view"),
    path("explorer/views/<int:view_id>/restore/", kept.restore_view, name="restore_view"),
    path("explorer/dashboards/", boards.dashboards, name="dashboards"),
    path("explorer/dashboards/<int:dashboard_id>/", boards.dashboard, name="dashboard"),
    path("explorer/dashboards/<int:dashboard_id>/edit/", boards.edit_dashboard, name="edit_dashboard"),
    path("explorer/dashboards/<int:dashboard_id>/delete/", boards.delete_dashboard, name="delete_dashboard"),
    path("explorer/dashboards/<int:dashboard_id>/restore/", boards.restore_dashboard, name="restore_dashboard"),
    path("explorer/dashboards/<int:dashboard_id>/pin/", boards.pin, name="pin"),
    path("explorer/dashboards/<int:dashboard_id>/tiles/<int:tile_id>/", boards.tile, name="tile"),
    path("explorer/dashboards/<int:dashboard_id>/tiles/<int:tile_id>/move/", boards.move, name="move"),
    path("explorer/schedules/", schedules.schedules, name="schedules"),
    path("explorer/schedules/new/", schedules.new_schedule, name="new_schedule"),
    path("explorer/schedules/<int:schedule_id>/", schedules.schedule, name="schedule"),
    path("explorer/schedules/<int:schedule_id>/switch/", schedules.switch_schedule, name="switch_schedule"),
]
