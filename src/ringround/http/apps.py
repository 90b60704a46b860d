from django.apps import AppConfig


class HttpConfig(AppConfig):
    name = "ringround.http"
    label = "http"
