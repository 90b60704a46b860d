"""What is asked before a campaign is copied."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.rules.parameters import MAX_NAME


class NameForm(forms.Form):
    """How the copy is called."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
