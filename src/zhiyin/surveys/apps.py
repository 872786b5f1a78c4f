from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "zhiyin.surveys"
    label = "surveys"
