from django.apps import AppConfig


class DialerConfig(AppConfig):
    name = "ringround.dialer"
    label = "dialer"
