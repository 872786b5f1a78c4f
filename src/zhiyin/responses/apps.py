from django.apps import AppConfig


class ResponsesConfig(AppConfig):
    name = "zhiyin.responses"
    label = "responses"
