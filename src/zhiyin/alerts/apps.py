from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "zhiyin.alerts"
    label = "alerts"
