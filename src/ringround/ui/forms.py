"""Forms that look right by `{{ form }}`: Tabler's classes, labels, required marks, help, faults, aria."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.forms.utils import ErrorList

from ringround.kernel.errors import Invalid

_CHOICE = (forms.CheckboxSelectMultiple, forms.RadioSelect)


class Field(BoundField):
    """A field that knows its widget's classes and says its faults to a screen reader."""

    @property
    def kind(self) -> str:
        """How the field template lays it out: `check`, `choices`, `file` or `control`."""
        widget = self.field.widget
        if isinstance(widget, forms.CheckboxInput):
            return "check"
        if isinstance(widget, _CHOICE):
            return "choices"
        return "control"

    def _class(self, widget: forms.Widget) -> str:
        if isinstance(widget, FileDrop):
            return "rr-drop-input"
        if isinstance(widget, Switch | forms.CheckboxInput | _CHOICE[0] | _CHOICE[1]):
            return "form-check-input"
        if isinstance(widget, forms.Select):
            return "form-select"
        if isinstance(widget, forms.TextInput) and getattr(widget, "input_type", "") == "color":
            return "form-control form-control-color"
        return "form-control"

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Django's attributes (describedby, invalid) and the class; the form's own class is kept."""
        widget = widget or self.field.widget
        built = dict(super().build_widget_attrs(attrs, widget))
        classes = [self._class(widget), str(widget.attrs.get("class", "")), str(attrs.get("class", ""))]
        if self.errors:
            classes.append("is-invalid")
        built["class"] = " ".join(dict.fromkeys(" ".join(classes).split()))
        return built


class Renderer(TemplatesSetting):
    """`FORM_RENDERER`; needs `ringround.ui` before `django.forms` in INSTALLED_APPS."""

    form_template_name = "ui/forms/form.html"
    formset_template_name = "ui/forms/formset.html"
    field_template_name = "ui/forms/field.html"
    bound_field_class = Field


class Switch(forms.CheckboxInput):
    """A bool that takes effect as a setting: drawn as a switch."""

    is_switch = True


class Segmented(forms.RadioSelect):
    """A few short choices side by side."""

    template_name = "ui/forms/segmented.html"


class FileDrop(forms.FileInput):
    """A file input one may drop onto."""

    template_name = "ui/forms/filedrop.html"


class LocalDateTime(forms.DateTimeInput):
    """The browser's own date and time picker; the value is in the viewer's zone."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class LocalDate(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class LocalTime(forms.TimeInput):
    """The browser's own time picker."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


def add_faults(form: forms.BaseForm, error: Invalid) -> None:
    """Put an action's faults onto the form: each on the field it names, else above the form."""
    for fault in error.errors:
        name = str(fault.loc[0]) if fault.loc else ""
        text = forms.ValidationError(str(fault.detail), code=fault.code)
        form.add_error(name if name in form.fields else None, text)


def faults_of(form: forms.BaseForm) -> list[tuple[str, str, ErrorList]]:
    """(label, id, faults) of each field with faults, for the summary above a long form."""
    return [(str(field.label), field.auto_id, field.errors) for field in form if field.errors]
