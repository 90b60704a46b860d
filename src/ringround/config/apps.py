from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "ringround.config"
    label = "config"

    def ready(self) -> None:
        from ringround.config import wiring  # noqa: PLC0415 - models must be loaded first

        wiring.connect()
