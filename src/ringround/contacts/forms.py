"""Shapes of this room's screens. What is right is decided by the actions, whose faults come back onto the form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from ringround.contacts import ports, texts
from ringround.contacts.queries import ContactFacts
from ringround.contacts.rules.columns import MAX_COLUMNS, Column
from ringround.kernel.columns import to_text
from ringround.kernel.errors import Invalid
from ringround.kernel.phones import known_region
from ringround.orgs.actor import Actor
from ringround.ui.forms import FileDrop, LocalDate, LocalDateTime, Segmented

LISTS = (
    ".csv,.tsv,.txt,.xlsx,text/csv,text/tab-separated-values,text/plain,"
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)


class ListForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    region = forms.CharField(
        label=_("Country of the numbers"),
        max_length=2,
        min_length=2,
        help_text=_("Two letters, such as DK. Numbers without a country code are read as numbers of this country."),
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off", "size": 2}),
    )

    def clean_region(self) -> str:
        region = str(self.cleaned_data["region"]).upper()
        if not known_region(region):
            raise forms.ValidationError(_("There is no such country."), code="unknown_region")
        return region


class ColumnForm(forms.Form):
    """One column of a list."""

    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    type = forms.ChoiceField(label=_("Type"), choices=list(texts.TYPES.items()), required=False)
    role = forms.ChoiceField(label=_("Meaning"), choices=list(texts.ROLES.items()), required=False)
    options = forms.CharField(
        label=_("Options, one a line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only for choices."),
    )
    required = forms.BooleanField(label=_("Must be filled in"), required=False)
    editable = forms.BooleanField(label=_("Agents may edit it"), required=False)
    hidden = forms.BooleanField(label=_("Hidden from agents"), required=False)

    def declared(self) -> dict[str, Any]:
        """The column as the API writes it."""
        data = self.cleaned_data
        kind, role = data.get("type") or "text", data.get("role") or None
        return {
            "name": data.get("name", ""),
            "type": kind,
            # A phone is a phone by its type; what it is called twice would only be two things to keep alike.
            "role": role if role != "phone" or kind == "phone" else None,
            "options": [line.strip() for line in data.get("options", "").splitlines() if line.strip()],
            "required": bool(data.get("required")),
            "editable": bool(data.get("editable")),
            "hidden": bool(data.get("hidden")),
        }


class FileColumnForm(ColumnForm):
    """One column of a file on its way into a new list."""

    take = forms.BooleanField(label=_("Take this column"), required=False)


def column_initial(column: Column) -> dict[str, Any]:
    """What a column's form begins with."""
    return {
        "name": column.name,
        "type": column.type,
        "role": column.role or "",
        "options": "\n".join(column.options),
        "required": column.required,
        "editable": column.editable,
        "hidden": column.hidden,
    }


ColumnSet = forms.formset_factory(ColumnForm, extra=0, max_num=MAX_COLUMNS, validate_max=True)
FileColumnSet = forms.formset_factory(FileColumnForm, extra=0, max_num=MAX_COLUMNS, validate_max=True)


def add_column_faults(form: forms.BaseForm, columns: Sequence[forms.Form], error: Invalid) -> None:
    """Faults of a declaration: each on the column it is about, others above the form."""
    for fault in error.errors:
        text = forms.ValidationError(str(fault.detail), code=fault.code)
        match fault.loc:
            case ("columns", int(number), *rest) if number < len(columns):
                key = str(rest[0]) if rest and rest[0] in columns[number].fields else None
                columns[number].add_error(key, text)
            case (name, *_rest) if name in form.fields:
                form.add_error(str(name), text)
            case _:
                form.add_error(None, text)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=FileDrop(attrs={"accept": LISTS}),
        help_text=_("CSV, TSV or an Excel workbook (XLSX), smaller than 2 GiB."),
    )


class ReadingForm(forms.Form):
    """How a file is cut into rows and cells."""

    delimiter = forms.ChoiceField(
        label=_("Cells are separated by"), choices=[(key, word) for key, word in texts.DELIMITERS.items()]
    )
    sheet = forms.ChoiceField(label=_("Sheet"))
    header = forms.BooleanField(label=_("The first row names the columns"), required=False)

    def __init__(self, *args: Any, sheets: Sequence[str] = (), hidden: Collection[str] = (), **kwargs: Any) -> None:
        """`sheets`: those of a workbook, which has them instead of a delimiter."""
        super().__init__(*args, **kwargs)
        if not sheets:
            del self.fields["sheet"]
            return
        del self.fields["delimiter"]
        field = self.fields["sheet"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one, _("%(name)s (hidden)") % {"name": one} if one in hidden else one) for one in sheets]

    def reading(self) -> dict[str, Any]:
        """As the action takes it."""
        data = self.cleaned_data
        return {"header": data["header"], "delimiter": data.get("delimiter"), "sheet": data.get("sheet")}


class TargetForm(forms.Form):
    """Where one column of a file goes in a list that is there."""

    target = forms.ChoiceField(label=_("Goes to"), required=False)

    def __init__(self, *args: Any, columns: Iterable[Column] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["target"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Left out")), *((column.name, column.name) for column in columns)]


TargetSet = forms.formset_factory(TargetForm, extra=0, max_num=MAX_COLUMNS)


class OptionsForm(forms.Form):
    """What happens to rows of an import."""

    match = forms.MultipleChoiceField(
        label=_("A row is about a contact of the list when these are the same"),
        choices=list(texts.MATCH.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    on_match = forms.ChoiceField(
        label=_("Then"), choices=list(texts.ON_MATCH.items()), widget=forms.RadioSelect, initial="update"
    )
    invalid_numbers = forms.ChoiceField(
        label=_("A row without a valid number"),
        choices=list(texts.INVALID_NUMBERS.items()),
        widget=forms.RadioSelect,
        initial="reject",
    )
    invalid_values = forms.ChoiceField(
        label=_("Another cell that cannot be read"),
        choices=list(texts.INVALID_VALUES.items()),
        required=False,
        widget=forms.RadioSelect,
        initial="leave_out",
    )
    campaign = forms.ChoiceField(label=_("Add the contacts to a campaign"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = ports.campaigns(actor)
        field = self.fields["campaign"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("None now")), *((str(one), name) for one, name in known)]
        if not known:
            del self.fields["campaign"]

    def options(self) -> dict[str, Any]:
        """As the API writes them."""
        data = self.cleaned_data
        return {
            "match": data["match"],
            "on_match": data["on_match"],
            "invalid_numbers": data["invalid_numbers"],
            "invalid_values": data["invalid_values"],
            "campaign": data.get("campaign") or None,
        }


class ContactForm(forms.Form):
    """A contact, by the columns of its list."""

    def __init__(
        self, *args: Any, columns: Sequence[Column], contact: ContactFacts | None = None, **kwargs: Any
    ) -> None:
        self.columns = tuple(columns)
        written = {number.label: number.written for number in contact.numbers} if contact else {}
        initial = {
            f"c{number}": written.get(column.name, "")
            if column.type == "phone"
            else _shown(column, contact.fields.get(column.name) if contact else None)
            for number, column in enumerate(self.columns)
        }
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        for number, column in enumerate(self.columns):
            # By number: a column may have any name, a form's field not.
            self.fields[f"c{number}"] = _field(column)

    def given(self) -> dict[str, Any]:
        """The values by column name, as they were typed."""
        return {column.name: self.cleaned_data.get(f"c{n}") for n, column in enumerate(self.columns)}

    def add_faults(self, error: Invalid) -> None:
        """An action's faults on the columns they name."""
        numbers = {column.name: n for n, column in enumerate(self.columns)}
        for fault in error.errors:
            name = fault.loc[1] if len(fault.loc) > 1 and fault.loc[0] == "fields" else None
            field = f"c{numbers[str(name)]}" if name in numbers else None
            self.add_error(field, forms.ValidationError(str(fault.detail), code=fault.code))


def _shown(column: Column, value: Any) -> Any:
    if column.type == "bool":
        return {True: "true", False: "false"}.get(value, "")
    return (value or []) if column.type == "multi_choice" else to_text(value)


def _field(column: Column) -> forms.Field:
    common: dict[str, Any] = {"label": column.name, "required": column.required}
    if column.type == "choice":
        options = [(one, one) for one in column.options]
        return forms.ChoiceField(choices=[("", "–"), *options], **common)
    if column.type == "multi_choice":
        options = [(one, one) for one in column.options]
        return forms.MultipleChoiceField(choices=options, widget=forms.CheckboxSelectMultiple, **common)
    if column.type == "bool":
        return forms.ChoiceField(choices=[("", "–"), ("true", _("Yes")), ("false", _("No"))], **common)
    if column.type == "long_text":
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), **common)
    attrs: Mapping[str, Any] = {
        "phone": {"type": "tel", "inputmode": "tel"},
        "email": {"type": "email", "inputmode": "email"},
        "url": {"inputmode": "url"},
        "number": {"inputmode": "decimal"},
        "date": {"placeholder": "31-12-2026"},
        "datetime": {"placeholder": "31-12-2026 14:30"},
    }.get(column.type, {})
    keep = {"data-keep-skip": ""} if column.role == "national_id" else {}
    return forms.CharField(widget=forms.TextInput(attrs={**attrs, "autocomplete": "off", **keep}), **common)


class EraseForm(forms.Form):
    suppress = forms.BooleanField(
        label=_("Never contact this person again"),
        required=False,
        help_text=_("The numbers and the e-mail address stay on the suppression list, and nowhere else."),
    )


class RelationForm(forms.Form):
    """What a contact is to the merchant; no kind: not known."""

    kind = forms.ChoiceField(
        label=_("Relation"), required=False, choices=[("", _("Not known")), *texts.RELATIONS.items()]
    )
    since = forms.DateField(label=_("Since"), required=False, widget=LocalDate)
    until = forms.DateField(
        label=_("Until"), required=False, widget=LocalDate, help_text=_("The last day; empty while it lasts.")
    )

    def given(self) -> dict[str, Any] | None:
        return dict(self.cleaned_data) if self.cleaned_data["kind"] else None


class ConsentForm(forms.Form):
    """A consent as it is recorded by hand."""

    channel = forms.ChoiceField(
        label=_("Channel"), choices=list(texts.CHANNELS.items()), widget=Segmented, initial="phone"
    )
    given_at = forms.DateTimeField(label=_("Given"), widget=LocalDateTime)
    source = forms.CharField(
        label=_("Where"), max_length=500, help_text=_("The form, call or paper by which it can be proved.")
    )
    text_version = forms.CharField(
        label=_("Wording"), max_length=200, required=False, help_text=_("Which version of the text they agreed to.")
    )


class SuppressionForm(forms.Form):
    value = forms.CharField(
        label=_("Phone number or e-mail address"), max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    channel = forms.ChoiceField(
        label=_("Not to be contacted by"), choices=list(texts.BARRED.items()), widget=Segmented, initial="any"
    )
    scope = forms.ChoiceField(label=_("Where"))
    expires_at = forms.DateTimeField(
        label=_("Until"), required=False, widget=LocalDateTime, help_text=_("Empty: for ever.")
    )
    source = forms.CharField(label=_("Source"), max_length=200, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _scopes(self.fields["scope"], actor)


class SuppressionFileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        widget=FileDrop(attrs={"accept": LISTS}),
        help_text=_(
            "CSV or an Excel workbook with a column of phone numbers or e-mail addresses, or with name, street and post"
            " code (Robinson)."
        ),
    )
    by = forms.ChoiceField(label=_("It holds"), choices=list(texts.BY.items()), required=False, widget=Segmented)
    channel = forms.ChoiceField(
        label=_("Not to be contacted by"), choices=list(texts.CHANNELS.items()), widget=Segmented, initial="any"
    )
    scope = forms.ChoiceField(label=_("Where"))
    source = forms.CharField(
        label=_("Source"),
        max_length=200,
        required=False,
        help_text=_("A register by name and address is known by it: each issue takes the place of the one before."),
    )
    date = forms.DateField(label=_("Date of the register"), required=False, widget=LocalDate)
    dry_run = forms.BooleanField(
        label=_("Try only"), required=False, help_text=_("Count what the file would bar, and change nothing.")
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _scopes(self.fields["scope"], actor)


class HitsForm(forms.Form):
    state = forms.ChoiceField(label=_("Hits"), choices=list(texts.HITS.items()), required=False)
    register = forms.ChoiceField(label=_("Register"), required=False)

    def __init__(self, *args: Any, registers: Sequence[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["register"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All registers")), *((str(one), name) for one, name in registers)]


def _scopes(field: forms.Field, actor: Actor) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = [
        ("organisation", _("The whole organisation")),
        *((str(one), name) for one, name in ports.campaigns(actor)),
    ]


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Search"),
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
