"""All but the live stream: Django as WSGI."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
application = get_wsgi_application()
