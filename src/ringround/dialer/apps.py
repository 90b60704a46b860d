from django.apps import AppConfig


class DialerConfig(AppConfig):
    name = "ringround.dialer"
    label = "dialer"

    def ready(self) -> None:
        from ringround.dialer import texts

        texts.tone_words()
