from django.apps import AppConfig


class TelephonyConfig(AppConfig):
    name = "ringround.telephony"
    label = "telephony"

    def ready(self) -> None:
        from ringround.telephony import texts

        texts.tone_words()
