from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "ringround.desk"
    label = "desk"
