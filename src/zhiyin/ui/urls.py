"""The frame's own addresses."""

from django.urls import path

from zhiyin.ui import views

app_name = "ui"
urlpatterns = [
    path("ui/theme/", views.theme, name="theme"),
    path("ui/language/", views.language, name="language"),
    path("ui/keys/", views.keys, name="keys"),
    path("ui/help/", views.help, name="help"),
    path("ui/menu/", views.menu, name="menu"),
    path("ui/specimen/", views.specimen, name="specimen"),
]
