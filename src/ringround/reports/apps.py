from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "ringround.reports"
    label = "reports"

    def ready(self) -> None:
        from ringround.reports import words

        words.tone_words()
