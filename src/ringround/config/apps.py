from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "ringround.config"
    label = "config"

    def ready(self) -> None:
        from ringround.config import wiring

        wiring.connect()
