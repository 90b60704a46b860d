"""Django's settings, made from the product's own (`config.env`). Nothing here is meant to be edited by an operator."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from ringround.config import env
from ringround.infra import clock, secrets
from ringround.infra.postgres import database_settings

RINGROUND = env.load()
PACKAGE = Path(__file__).resolve().parent.parent
SECURE = RINGROUND.base_url.startswith("https://")

DEBUG = RINGROUND.debug
SECRET_KEY, *SECRET_KEY_FALLBACKS = secrets.secret_keys(RINGROUND)
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    urlsplit(RINGROUND.base_url).hostname or "",
    *RINGROUND.allowed_hosts,
]
CSRF_TRUSTED_ORIGINS = [RINGROUND.base_url]

# The virtual clock is on where `demo --clock` has put its file.
_clock = RINGROUND.data / "clock.json"
if _clock.exists():
    clock.use_file(_clock)

DATABASES = {
    "default": {
        **database_settings(RINGROUND),
        # One connection a thread, kept; all times are UTC in the database.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
# No named cursors: nothing here reads through a server-side cursor outside a transaction.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

INSTALLED_APPS = [
    "ringround.infra",
    "ringround.ui",
    "ringround.http",
    "ringround.orgs",
    "ringround.contacts",
    "ringround.compliance",
    "ringround.messaging",
    "ringround.telephony",
    "ringround.campaigns",
    "ringround.dialer",
    "ringround.onboarding",
    "ringround.journeys",
    "ringround.desk",
    "ringround.reports",
    "ringround.config",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # its widgets' templates, after ours
    "django.contrib.postgres",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "ringround.ui.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "ringround.http.middleware.ProxyMiddleware",
    "ringround.http.middleware.TokenCallsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ringround.orgs.middleware.ActorMiddleware",
    "ringround.ui.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "ringround.orgs.middleware.SessionSeenMiddleware",
    "ringround.ui.middleware.KeptMiddleware",
    "ringround.http.middleware.RefuseNulMiddleware",
    "ringround.ui.middleware.ErrorsMiddleware",
]

ROOT_URLCONF = "ringround.config.urls"
WSGI_APPLICATION = "ringround.config.wsgi.application"
APPEND_SLASH = True
FORM_RENDERER = "ringround.ui.forms.Renderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ringround.ui.context.page",
            ],
            "builtins": ["ringround.ui.templatetags.ui", "django.templatetags.i18n"],
        },
    }
]

AUTH_USER_MODEL = "orgs.User"
AUTHENTICATION_BACKENDS = ["ringround.orgs.allauth.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# With a mail server an address is proven before the first sign-in, and signing up says the same whether it is known or
# not. Without one nobody could ever come in.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if RINGROUND.email_url is not None else "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
ACCOUNT_UNIQUE_EMAIL = True
# One address each: a new one takes the old one's place when the link sent to it is opened.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "ringround.orgs.allauth.AccountAdapter"
# A whole call centre comes from one address at nine o'clock; a single account locks after five wrong tries.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "60/m/ip,5/300s/key"}
ACCOUNT_FORMS = {
    "login": "ringround.orgs.forms.entrance.LoginForm",
    "signup": "ringround.orgs.forms.entrance.SignupForm",
    "reset_password": "ringround.orgs.forms.entrance.ResetPasswordForm",
    "reset_password_from_key": "ringround.orgs.forms.entrance.ResetPasswordKeyForm",
    "add_email": "ringround.orgs.forms.entrance.ChangeEmailForm",
    "change_password": "ringround.orgs.forms.entrance.ChangePasswordForm",
    "set_password": "ringround.orgs.forms.entrance.SetPasswordForm",
    "reauthenticate": "ringround.orgs.forms.entrance.ReauthenticateForm",
}
MFA_ADAPTER = "ringround.orgs.allauth.MfaAdapter"
MFA_FORMS = {
    "authenticate": "ringround.orgs.forms.entrance.AuthenticateForm",
    "reauthenticate": "ringround.orgs.forms.entrance.MfaReauthenticateForm",
    "activate_totp": "ringround.orgs.forms.entrance.ActivateTotpForm",
}
# Where addresses are proven nobody signs in before that; where they are not, a second factor must still be possible.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Ringround"

SESSION_ENGINE = "ringround.infra.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "ringround.config.pages.csrf_failure"

# Rate limits and lock-outs must count over all web processes, so the cache is in the database.
# Room for many: when it is full the oldest go, and 300, Django's own limit, is soon full of a stranger's tries.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "infra_cache",
        "OPTIONS": {"MAX_ENTRIES": 200_000, "CULL_FREQUENCY": 20},
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("da", "Dansk")]
LANGUAGE_COOKIE_NAME = "ringround_language"
USE_I18N = True
FORMAT_MODULE_PATH = ["ringround.config.formats"]
# The kernel has sentences too and is no Django app.
LOCALE_PATHS = [PACKAGE / "kernel" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATICFILES_DIRS: list[str] = []
# Nothing is collected: files are served from where the wheel has them, and no folder for copies is asked for.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
# 2 GiB is refused by the import itself with a sentence; see contacts.

if RINGROUND.email_url is not None:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = RINGROUND.email_url.host, RINGROUND.email_url.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = RINGROUND.email_url.user, RINGROUND.email_url.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = RINGROUND.email_url.starttls, RINGROUND.email_url.tls
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "ringround.infra.mail.MailFolder"
    EMAIL_FILE_PATH = RINGROUND.data / "mail"
DEFAULT_FROM_EMAIL = RINGROUND.email_from

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "ringround.infra.logs.Formatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": RINGROUND.log_level},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
    },
}
