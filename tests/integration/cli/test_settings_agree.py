from django.conf import settings

from ringround.config import env


def test_the_settings_are_those_that_the_environment_says_now() -> None:
    """Also in a worker of xdist, where pytest-django reads them before the tests' own set-up runs."""
    assert settings.RINGROUND.data == env.load().data
