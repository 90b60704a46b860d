"""A small Django with the screens' parts and nothing else: no database, no room."""

from django.utils.translation import gettext_lazy as _

from ringround.ui import nav, ports, tones

SECRET_KEY = "kitchen"
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "ringround.ui",
    "tests.e2e.kitchen.apps.KitchenConfig",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    "ringround.ui.middleware.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "ringround.ui.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "ringround.ui.middleware.KeptMiddleware",
    "ringround.ui.middleware.ErrorsMiddleware",
]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
ROOT_URLCONF = "tests.e2e.kitchen.urls"
LOGIN_URL = "/auth"
FORM_RENDERER = "ringround.ui.forms.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "ringround.ui.context.page",
            ],
            "builtins": ["ringround.ui.templatetags.ui", "django.templatetags.i18n"],
        },
    }
]
DATABASES: dict[str, object] = {}
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("da", "Dansk")]
LANGUAGE_COOKIE_NAME = "ringround_language"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "Europe/Copenhagen"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

MENU = [
    nav.Item(key="kitchen", label="Components", icon="components", url_name="kitchen", phone=True),
    nav.Item(key="list", label="Campaigns", icon="speakerphone", url_name="list", section="plan", phone=True),
    nav.Item(key="form", label="Contact lists", icon="address-book", url_name="form", section="plan", phone=True),
    nav.Item(
        key="console",
        label="Run campaign",
        icon="headset",
        url_name="console",
        order=10,
        phone=True,
        badge=lambda request: 3,
    ),
    nav.Item(key="board", label="Live board", icon="activity", url_name="charts", section="watch"),
    nav.Item(key="empty", label="Agencies", icon="building-store", url_name="empty", section="settings"),
    nav.Item(key="refused", label="Security", icon="shield-lock", url_name="refused", section="account"),
]


def wire() -> None:
    """What `config.wiring` does in the product."""
    nav.clear()
    nav.register(*MENU)
    ports.connect(
        identity=lambda request: ports.Identity(
            "u1", "Mette Kjærgaard", "mette@example.org", "Nordlys Kontakt", "Havets Venner", "Manager", "/empty"
        ),
        allowed=lambda request, permission: True,
    )
    tones.add(
        "campaign",
        {
            "running": ("success", _("Running")),
            "paused": ("warning", _("Paused")),
            "unapproved": ("neutral", _("Unapproved")),
            "approved": ("info", _("Approved")),
        },
    )
