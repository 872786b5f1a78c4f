from django.apps import AppConfig

from zhiyin.ledger import lookups


class LedgerConfig(AppConfig):
    name = "zhiyin.ledger"
    label = "ledger"

    def ready(self) -> None:
        lookups.register()
