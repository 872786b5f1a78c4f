from django.urls import path

from zhiyin.reports.cuts import views

app_name = "cuts"
urlpatterns = [
    path("settings/cuts/", views.cuts, name="cuts"),
    path("settings/cuts/change/", views.change, name="change"),
]
