"""Addresses of the journey. The navigation knows them by the name of the room that owns the map."""

from django.urls import path

from zhiyin.reports.journeys import views

app_name = "journey"
urlpatterns = [
    path("journeys/", views.journeys, name="journeys"),
    path("journeys/<slug:key>/", views.moment, name="moment"),
]
