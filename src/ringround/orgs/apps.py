from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "ringround.orgs"
    label = "orgs"

    def ready(self) -> None:
        from ringround.orgs import sign_in_log, tones

        sign_in_log.connect()
        tones.add()
