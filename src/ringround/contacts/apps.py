from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "ringround.contacts"
    label = "contacts"

    def ready(self) -> None:
        from ringround.contacts import texts

        texts.tone_words()
