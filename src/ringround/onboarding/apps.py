from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "ringround.onboarding"
    label = "onboarding"

    def ready(self) -> None:
        from ringround.onboarding import texts

        texts.tone_words()
