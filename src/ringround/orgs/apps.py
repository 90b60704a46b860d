from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "ringround.orgs"
    label = "orgs"
