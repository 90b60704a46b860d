from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "ringround.messaging"
    label = "messaging"

    def ready(self) -> None:
        from ringround.messaging import texts

        texts.tone_words()
