from django.apps import AppConfig


class ExplorerConfig(AppConfig):
    name = "zhiyin.reports.explorer"
    label = "explorer"
