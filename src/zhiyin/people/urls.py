from django.urls import path

from zhiyin.people import views

app_name = "people"
urlpatterns = [
    path("log-in/", views.log_in, name="log_in"),
    path("log-out/", views.log_out, name="log_out"),
    path("settings/users/", views.staff, name="staff"),
    path("settings/users/<int:staff_id>/active/", views.staff_active, name="staff_active"),
    path("settings/", views.settings_page, name="settings"),
    path("me/away/", views.away, name="away"),
]
