"""Addresses of one customer. A number of ours names them, never one of theirs."""

from django.urls import path

from zhiyin.reports.customers import views

app_name = "customers"
urlpatterns = [
    path("customers/", views.find, name="find"),
    path("customers/<int:customer_id>/", views.customer, name="customer"),
    path("customers/<int:customer_id>/<slug:verb>/", views.do, name="do"),
]
