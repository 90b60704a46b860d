"""The components, one module per kind; `templatetags/ui.py` gathers them under `{% load ui %}`."""
