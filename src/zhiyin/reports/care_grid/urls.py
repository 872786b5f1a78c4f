from django.urls import path

from zhiyin.reports.care_grid import views

app_name = "care_grid"
urlpatterns = [path("overview/grid/", views.grid, name="grid")]
