from django.urls import path

from zhiyin.reports.sites import views

app_name = "sites"
urlpatterns = [path("compare/", views.compare, name="compare")]
