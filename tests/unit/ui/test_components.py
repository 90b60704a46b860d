"""What the tags write."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory

from ringround.kernel.errors import Fault, Invalid
from ringround.ui import assets, charts, slots, tones
from ringround.ui.forms import FileDrop, Renderer, Segmented, add_faults
from ringround.ui.middleware import CSP, allow_csp


def draw(source: str, **values: Any) -> str:
    request = RequestFactory().get("/here?q=a&after=c1")
    return Template("{% load ui %}" + source).render(Context({"request": request, **values}))


def test_what_is_put_in_is_escaped() -> None:
    written = draw("{% pill 'info' x %}{% stat x x %}{% copy x %}{% card title=x %}{{ x }}{% endcard %}", x="<b>&")
    assert "<b>" not in written


def test_an_unknown_tone_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="tone"):
        draw("{% pill 'pink' 'x' %}")


def test_a_state_looks_as_its_room_has_said() -> None:
    tones.add("kettle", {"hot": ("danger", "Hot")})
    assert "rr-danger" in draw("{% status 'kettle' 'hot' %}")
    with pytest.raises(LookupError):
        draw("{% status 'kettle' 'cold' %}")


def test_no_component_writes_a_style_or_a_script() -> None:
    written = draw(
        "{% progress 3 9 label='a' %}{% confirm '/x' 'a' %}{% endconfirm %}{% dialog 'd' title='t' %}{% enddialog %}"
        "{% reorder '/u' '/d' 'a' %}{% filedrop 'f' 'File' %}{% menu 'm' %}{% endmenu %}{% avatar 'Bo' %}"
        "{% chart c %}",
        c=charts.Bars("t", ["a"], [charts.Series("s", [3])]),
    )
    assert not re.search(r"\sstyle=|<script|\son\w+=", written)


def test_a_progress_bar_is_never_over_full_and_never_divides_by_nought() -> None:
    assert 'value="10" max="10"' in draw("{% progress 12 10 %}")
    assert 'max="1"' in draw("{% progress 0 0 %}")


def test_figures_in_attributes_are_not_localised() -> None:
    assert 'max="12480.5"' in draw("{% progress 1000 12480.5 %}")


def test_the_pager_keeps_the_filter() -> None:
    written = draw("{% pager 'c2' '#list' %}")
    assert 'href="/here?q=a&amp;after=c2"' in written
    assert 'href="/here?q=a"' in written


def test_sorting_starts_from_the_first_page_and_turns_round() -> None:
    assert 'href="/here?q=a&amp;sort=name"' in draw("{% sort_th 'name' 'Name' %}")
    assert 'href="/here?q=a&amp;sort=-name"' in draw("{% sort_th 'name' 'Name' default='name' %}")


def test_a_live_part_names_its_topics_and_where_it_comes_from() -> None:
    written = draw("<i {% live 'campaign:7,agent:me' url='/part' %}></i>")
    assert 'data-live="campaign:7,agent:me"' in written
    assert 'data-live-url="/part"' in written
    # A trigger of htmx would be lost while the part is being replaced.
    assert "hx-trigger" not in written


def test_a_bad_topic_is_a_mistake_in_the_template() -> None:
    with pytest.raises(ValueError, match="topic"):
        draw("{% live 'everything' %}")


def test_slots_are_filled_in_order() -> None:
    slots.register("t.side", lambda request, **objects: f"two {objects['lead']};", order=2)
    slots.register("t.side", lambda request, **objects: "one;", order=1)
    assert draw("{% slot 't.side' lead=9 %}{% slot 't.none' %}") == "one;two 9;"


def test_an_icon_that_is_not_there_is_said() -> None:
    with pytest.raises(assets.MissingAsset):
        draw("{% icon 'no-such-thing' %}")


class Small(forms.Form):
    default_renderer = Renderer
    name = forms.CharField(label="Name", help_text="Unique.")
    mode = forms.ChoiceField(choices=[("a", "A")], widget=Segmented)
    days = forms.MultipleChoiceField(choices=[("m", "Mon")], widget=forms.CheckboxSelectMultiple)
    file = forms.FileField(widget=FileDrop, required=False)
    agree = forms.BooleanField(required=False)


def test_a_field_names_its_help_and_faults_to_a_screen_reader() -> None:
    written = str(Small({})["name"].as_field_group())
    assert 'aria-describedby="id_name_helptext id_name_error"' in written
    assert 'id="id_name_error"' in written
    assert 'aria-invalid="true"' in written
    assert "is-invalid" in written


def test_a_fields_help_is_told_as_it_is_written() -> None:
    form = Small()
    form.fields["name"].help_text = "A name and an address: Help <hi@example.org>"
    assert "Help &lt;hi@example.org&gt;" in str(form["name"].as_field_group())


def test_a_dotted_name_breaks_after_its_dots() -> None:
    assert draw("{{ x|dotted }}", x="a.<b>") == "a.<wbr>&lt;b&gt;"


def test_widgets_get_their_classes_and_keep_their_own() -> None:
    form = Small()
    form.fields["name"].widget.attrs["class"] = "mine"
    assert 'class="form-control mine"' in str(form["name"])
    assert 'class="form-check-input"' in str(form["agree"])
    assert 'class="form-check-input"' in str(form["days"])
    assert "rr-drop-input" in str(form["file"])


def test_a_field_adds_only_its_own_class_once() -> None:
    form = Small()
    assert str(form["name"]) == str(form["name"])


def test_an_actions_faults_find_their_fields() -> None:
    form = Small({"name": "x"})
    form.is_valid()
    form.errors.clear()
    add_faults(form, Invalid([Fault(("name",), "taken", "Taken."), Fault(("hours", 0), "closed", "Closed.")]))
    assert form.errors["name"] == ["Taken."]
    assert form.non_field_errors() == ["Closed."]


def test_a_chart_says_in_its_table_what_it_draws() -> None:
    bars = charts.Bars("Calls", ["9", "10"], [charts.Series("Yes", [3, 0]), charts.Series("No", [1, 1000])])
    assert bars.rows == [["9", "3", "1"], ["10", "0", "1,000"]]
    assert str(bars.svg).count("<rect") == 3  # nought has no bar


def test_a_chart_writes_coordinates_without_a_decimal_comma(settings: Any) -> None:
    from django.utils import translation

    with translation.override("da"):
        svg = str(charts.BurnUp("Mål", ["a", "b"], [0.5, 1.25], target=3).svg)
    assert not re.search(r'(?:x|y|x1|y1)="\d+,\d', svg)


def test_an_empty_chart_says_so() -> None:
    assert "rr-chart-empty" in draw("{% chart c %}", c=charts.HeatMap("t", ["a"], ["b"], [[None]]))


def test_one_answer_can_widen_the_policy_without_changing_the_others() -> None:
    response = allow_csp(SimpleNamespace(), "frame-src", "https://crm.example.org")  # type: ignore[arg-type]
    assert response.csp_wider == {"frame-src": ("https://crm.example.org",)}  # type: ignore[attr-defined]
    assert "frame-src" not in CSP


def test_a_timeline_item_without_a_moment_has_none() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert "<time" in draw("{% timelineitem 'x' at=at %}{% endtimelineitem %}", at=at)
    assert "<time" not in draw("{% timelineitem 'x' %}{% endtimelineitem %}")
