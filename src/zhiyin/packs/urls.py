from django.urls import path

from zhiyin.packs import views

app_name = "packs"
urlpatterns = [path("start/", views.start, name="start")]
