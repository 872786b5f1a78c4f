from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "zhiyin.reports"
    label = "reports"

    def ready(self) -> None:
        from zhiyin.reports import finding  # noqa: PLC0415  (models are loaded only now)

        finding.register()
