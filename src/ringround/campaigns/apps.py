from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "ringround.campaigns"
    label = "campaigns"

    def ready(self) -> None:
        from ringround.campaigns import texts

        texts.tone_words()
