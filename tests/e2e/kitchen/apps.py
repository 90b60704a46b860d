from django.apps import AppConfig


class KitchenConfig(AppConfig):
    name = "tests.e2e.kitchen"
    label = "kitchen"

    def ready(self) -> None:
        from tests.e2e.kitchen.settings import wire

        wire()
