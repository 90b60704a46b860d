from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "ringround.journeys"
    label = "journeys"

    def ready(self) -> None:
        from ringround.journeys import words

        words.tone_words()
