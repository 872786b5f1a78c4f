from django.urls import path

from zhiyin.surveys import views

app_name = "surveys"
urlpatterns = [
    path("surveys/", views.surveys, name="surveys"),
    path("surveys/<str:key>/", views.survey, name="survey"),
]
