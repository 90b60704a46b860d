from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "ringround.onboarding"
    label = "onboarding"
