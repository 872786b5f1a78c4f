from django.urls import path

from zhiyin.reports.funnel import views

app_name = "funnel"
urlpatterns = [path("funnel/", views.funnel, name="funnel")]
