from django.urls import path

from zhiyin.reports import views

app_name = "reports"
urlpatterns = [
    path("", views.home, name="home"),
    path("overview/", views.overview, name="overview"),
    path("measures/<slug:key>/", views.definition, name="definition"),
    path("measures/<slug:key>/sureness/", views.how_sure, name="sureness"),
    path("settings/audit/", views.audit, name="audit"),
]
