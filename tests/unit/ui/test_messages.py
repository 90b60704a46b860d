"""The catalogue script finds what people forget."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "messages.py"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, looking at a house of one room."""
    specification = importlib.util.spec_from_file_location("messages_script", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    (tmp_path / "hall" / "templates").mkdir(parents=True)
    return module


def put(script: ModuleType, name: str, text: str) -> None:
    (script.PACKAGE / "hall" / name).write_text(text)


def translate(script: ModuleType, **words: str) -> None:
    path = script.po_path(script.PACKAGE / "hall", "da")
    entries = script.messages(script.load(path, "da"))
    for key, message in entries.items():
        message.string = words.get(key[1].split()[0].lower(), message.string)
    script.save(path, "da", entries.values())


def faults(script: ModuleType) -> list[str]:
    return [fault.split(": ", 1)[1] for fault in script.faults_of_catalogue(script.PACKAGE / "hall", "da")]


def test_strings_of_code_and_templates_are_found(script: ModuleType) -> None:
    put(script, "views.py", 'x = _("One"); y = ngettext("{n} day", "{n} days", 2); z = N_("Kernel")\n')
    put(
        script,
        "templates/page.html",
        '{% load i18n %}<b\n    title="{% translate "Two" %}">\n'
        "  {% blocktranslate with n=1 %}Three {{ n }}{% endblocktranslate %}\n"
        '{% pagehead _("Four") %}',
    )
    found = script.messages(script.extracted(script.PACKAGE / "hall"))
    assert {key[1] for key in found} == {"One", "{n} day", "Kernel", "Two", "Three %(n)s", "Four"}


def test_missing_untranslated_and_unused_strings_are_faults(script: ModuleType) -> None:
    put(script, "views.py", '_("Old")\n')
    script.do_extract(["hall"])
    assert faults(script) == ["is not translated: 'Old'"]
    translate(script, old="Gammel")
    put(script, "views.py", '_("New")\n')
    assert faults(script) == ["is missing: 'New'", "is no longer used: 'Old'"]


def test_other_placeholders_are_a_fault(script: ModuleType) -> None:
    put(script, "views.py", '_("Chosen {name}")\n')
    script.do_extract(["hall"])
    translate(script, chosen="Valgt {navn}")
    assert faults(script) == ["has other placeholders: 'Chosen {name}'"]
    translate(script, chosen="Valgt {name}")
    assert faults(script) == []


def test_extracting_twice_changes_nothing(script: ModuleType) -> None:
    put(script, "views.py", '_("B")\n_("A")\n# Translators: a fruit\n_("Pear")\n')
    script.do_extract([])
    translate(script, a="a", b="b", pear="pære")
    path = script.po_path(script.PACKAGE / "hall", "da")
    before = path.read_bytes()
    script.do_extract([])
    assert path.read_bytes() == before
    assert b"a fruit" in before


def test_compiled_catalogues_are_what_the_server_reads(script: ModuleType) -> None:
    import gettext

    put(script, "views.py", '_("Pear")\n')
    script.do_extract([])
    translate(script, pear="pære")
    script.do_compile()
    with script.po_path(script.PACKAGE / "hall", "da").with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Pear") == "pære"


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ("<p>Hello</p>", 1),
        ('<p>{% translate "Hello" %} {{ name }}</p>', 0),
        ("<p>{% blocktranslate %}Hello\nthere{% endblocktranslate %}</p>", 0),
        ('<a title="Close">{{ x }}</a>', 1),
        ('<a title="{% translate "Close" %}" class="btn btn-primary">Ringround</a>', 0),
        ("{% comment %}Hello{% endcomment %}<code>curl</code>", 0),
        ("{% block body_class %}rr-console{% endblock %}", 0),
    ],
)
def test_words_that_no_catalogue_reaches_are_found(script: ModuleType, markup: str, found: int) -> None:
    put(script, "templates/page.html", markup)
    assert len(list(script.faults_of_templates(script.PACKAGE / "hall"))) == found
