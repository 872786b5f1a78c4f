from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "zhiyin.insight"
    label = "insight"
