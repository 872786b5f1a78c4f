from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "zhiyin.outreach"
    label = "outreach"
