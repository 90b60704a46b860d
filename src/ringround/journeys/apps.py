from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "ringround.journeys"
    label = "journeys"
