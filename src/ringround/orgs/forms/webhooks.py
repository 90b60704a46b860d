"""Forms of the webhooks' screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.infra import event_types
from ringround.kernel.targets import MAX_URL


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=MAX_URL,
        widget=forms.URLInput,
        help_text=_("Events are posted here. Use https:// wherever they leave your own network."),
    )
    types = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all of them, those of later versions too."),
    )

    def __init__(self, *args: Any, kept: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = dict.fromkeys(name.rsplit(".", 1)[0] + ".*" for name in event_types.declared())
        # Single types, as the API takes them, are kept as they are.
        names = [*groups, *(one for one in kept if one not in groups)]
        types = self.fields["types"]
        assert isinstance(types, forms.MultipleChoiceField)
        types.choices = [(name, name) for name in names]


class DeliveryFilter(forms.Form):
    status = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("All")),
            ("pending", _("Waiting")),
            ("delivered", _("Delivered")),
            ("failed", _("Given up")),
            ("withheld", _("Withheld")),
        ],
    )
