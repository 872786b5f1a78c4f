from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "zhiyin.ui"
    label = "ui"
