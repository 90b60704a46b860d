"""What the supervisor starts is imported before Django is set up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["ringround.infra.relay.__main__", "ringround.config.demo.__main__"])
def test_an_entry_point_can_be_imported_before_django(module: str) -> None:
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=bare, check=True)
