from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "zhiyin.people"
    label = "people"

    def ready(self) -> None:
        from zhiyin.people import console  # noqa: PLC0415  (models are loaded only now)

        console.register()
