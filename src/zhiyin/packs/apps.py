from django.apps import AppConfig


class PacksConfig(AppConfig):
    name = "zhiyin.packs"
    label = "packs"
