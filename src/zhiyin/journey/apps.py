from django.apps import AppConfig


class JourneyConfig(AppConfig):
    name = "zhiyin.journey"
    label = "journey"
