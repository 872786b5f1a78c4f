"""Addresses of the workbench. A case is named by its code."""

from django.urls import path, re_path

from zhiyin.cases.views import bench, doing

app_name = "cases"
CODE = r"(?P<code>[A-Z]{2,8}-[0-9]{8}-[0-9]{4,9})"

urlpatterns = [
    path("cases/", bench.show_queue, name="queue"),
    path("cases/callbacks/", bench.show_queue, {"tab": "callbacks"}, name="callbacks"),
    path("cases/rows/", bench.show_rows, name="rows"),
    path("cases/assign/", bench.assign_many, name="assign_many"),
    re_path(rf"^cases/{CODE}/$", bench.show_case, name="case"),
    re_path(rf"^cases/{CODE}/(?P<verb>[a-z]+)/$", doing.do, name="do"),
]
