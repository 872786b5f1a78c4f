from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "zhiyin.cases"
    label = "cases"

    def ready(self) -> None:
        from zhiyin.cases import console  # noqa: PLC0415  (models are loaded only now)

        console.register()
