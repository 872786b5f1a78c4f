from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "zhiyin.metrics"
    label = "metrics"
