from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "zhiyin.messaging"
    label = "messaging"
