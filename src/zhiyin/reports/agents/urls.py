from django.urls import path

from zhiyin.reports.agents import views

app_name = "agents"
urlpatterns = [
    path("agents/", views.agents, name="agents"),
    path("agents/<int:staff_id>/", views.agent, name="agent"),
]
