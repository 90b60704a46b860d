#!/usr/bin/env python3
"""The catalogues: bring new strings in, make what the server reads, and find what is missing.

    python scripts/messages.py extract [room ...]   new strings into src/ringround/<room>/locale/da/…/django.po
    python scripts/messages.py compile              .po -> .mo (built, not committed)
    python scripts/messages.py check                fails on missing, fuzzy, left-over strings and other placeholders

Pure Python (Babel and Django's own template reader): no gettext programs are needed, and the files come out the
same on every machine, without dates and line numbers, so that two branches seldom meet in one.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "ringround"
TYPESCRIPT = ROOT / "frontend" / "src"
LANGUAGES = ("da",)
SKIPPED = {"migrations", "locale", "static", "__pycache__"}

# `N_` marks without translating: the kernel's sentences, see kernel/messages.py.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "N_": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
ALIAS = re.compile(r"\bn?p?gettext(?:_lazy|_noop)? as (\w+)")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
DATE_FORMATS = {"day of this year", "day of another year", "day in full"}

# Words on templates that are the same in every language.
NAMES = {"Ringround", "CSV", "TSV", "API", "SMS", "URL", "ID", "E.164", "JSON", "UTC", "PDF", "OK"}
WORDS_IN_ATTRIBUTES = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"{]*[^\W\d_]{2}[^"{]*)"')
TEMPLATE_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
BLOCKTRANSLATE = re.compile(r"\{%\s*blocktrans(?:late)?\b.*?%\}.*?\{%\s*endblocktrans(?:late)?\s*%\}", re.DOTALL)
COMMENT = re.compile(r"\{%\s*comment\b.*?endcomment\s*%\}|<!--.*?-->", re.DOTALL)
# Code is the same in every language; these blocks hold class names and attributes.
CODE = re.compile(r"<(code|pre)\b[^>]*>.*?</\1>", re.DOTALL)
CLASS_BLOCK = re.compile(r"\{%\s*block (?:body_class|body_attrs|wide)\s*%\}.*?\{%\s*endblock\b.*?%\}", re.DOTALL)
UNTRANSLATED = re.compile(r'<(\w+)\b[^>]*\btranslate="no"[^>]*>.*?</\1>', re.DOTALL)
MARKUP = re.compile(r"<[^>]*>", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


def rooms() -> list[Path]:
    """Every folder of the package that has words or a catalogue."""
    return sorted(p for p in PACKAGE.iterdir() if p.is_dir() and p.name not in SKIPPED)


def files(room: Path, *endings: str) -> Iterator[Path]:
    for path in sorted(room.rglob("*")):
        if path.suffix in endings and not SKIPPED & set(path.relative_to(room).parts):
            yield path


def extracted(room: Path) -> Catalog:
    """What the room's code and templates say, without places."""
    catalog = Catalog(charset="utf-8")
    for path in files(room, ".py", ".html", ".txt"):
        source = path.read_text()
        if path.suffix != ".py":
            if "{%" not in source and "{{" not in source:
                continue
            # Django turns a template into calls that look like Python; indentation is none of ours.
            source = "\n".join(line.lstrip() for line in templatize(source, origin=str(path)).splitlines())
        stream = io.BytesIO(source.encode())
        found = extract("python", stream, KEYWORDS, comment_tags=("Translators:",), options={"encoding": "utf-8"})
        for _line, message, comments, context in found:
            catalog.add(
                message,
                context=context,
                auto_comments=list(dict.fromkeys(comments)),
            )
    return catalog


def po_path(room: Path, language: str) -> Path:
    return room / "locale" / language / "LC_MESSAGES" / "django.po"


def load(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def key(message: Message) -> tuple[str, str]:
    return (message.context or "", message.id if isinstance(message.id, str) else message.id[0])


def messages(catalog: Catalog) -> dict[tuple[str, str], Message]:
    return {key(message): message for message in catalog if message.id}


def save(path: Path, language: str, entries: Iterable[Message]) -> None:
    """Sorted, with a head that says only what is needed: the same strings give the same bytes."""
    catalog = Catalog(locale=language, charset="utf-8")
    for message in sorted(entries, key=key):
        catalog.add(
            message.id,
            message.string,
            flags=message.flags,
            auto_comments=message.auto_comments,
            user_comments=message.user_comments,
            context=message.context,
        )
    out = io.BytesIO()
    write_po(out, catalog, width=110, no_location=True, omit_header=True)
    head = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + out.getvalue().decode().rstrip("\n") + "\n")


def do_extract(names: list[str]) -> int:
    for room in rooms():
        if names and room.name not in names:
            continue
        wanted = messages(extracted(room))
        if not wanted:
            continue
        for language in LANGUAGES:
            path = po_path(room, language)
            known = messages(load(path, language))
            for place, message in wanted.items():
                old = known.get(place)
                # A string that got a plural, or lost it, has to be said again.
                if old is not None and isinstance(old.id, str) == isinstance(message.id, str):
                    message.string, message.user_comments = old.string, old.user_comments
            save(path, language, wanted.values())
            missing = sum(1 for message in wanted.values() if not complete(message))
            print(f"{room.name} {language}: {len(wanted)} strings, {missing} to translate")
    return 0


def complete(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def do_compile() -> int:
    for room in rooms():
        for language in LANGUAGES:
            path = po_path(room, language)
            if not path.exists():
                continue
            out = io.BytesIO()
            write_mo(out, load(path, language), use_fuzzy=False)
            target = path.with_suffix(".mo")
            if not target.exists() or target.read_bytes() != out.getvalue():
                target.write_bytes(out.getvalue())
    return 0


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def faults_of_catalogue(room: Path, language: str) -> Iterator[str]:
    wanted = messages(extracted(room))
    path = po_path(room, language)
    catalog = load(path, language)
    known = messages(catalog)
    where = path.relative_to(ROOT)
    for place, message in wanted.items():
        if place not in known:
            yield f"{where}: is missing: {place[1]!r}"
            continue
        mine = known[place]
        if mine.fuzzy:
            yield f"{where}: is fuzzy: {place[1]!r}"
        if not complete(mine):
            yield f"{where}: is not translated: {place[1]!r}"
            continue
        originals = message.id if isinstance(message.id, tuple | list) else (message.id,)
        translations = mine.string if isinstance(mine.string, tuple | list) else (mine.string,)
        if len(originals) > 1 and len(translations) < 2:
            yield f"{where}: has no plural: {place[1]!r}"
        allowed = [placeholders(original) for original in originals]
        if place[0] not in DATE_FORMATS and any(placeholders(one or "") not in allowed for one in translations):
            yield f"{where}: has other placeholders: {place[1]!r}"
    for place in known.keys() - wanted.keys():
        yield f"{where}: is no longer used: {place[1]!r}"
    for old in catalog.obsolete.values():
        yield f"{where}: is obsolete: {old.id!r}"


def faults_of_words(language: str) -> Iterator[str]:
    """One English text with two translations: at run time all catalogues are one, and whoever is first would win."""
    said: dict[tuple[str, str], dict[str, str]] = {}
    for room in rooms():
        for place, message in messages(load(po_path(room, language), language)).items():
            words = message.string if isinstance(message.string, str) else (message.string or ("",))[0]
            if words:
                said.setdefault(place, {}).setdefault(words, room.name)
    for place, found in sorted(said.items()):
        if len(found) > 1:
            both = ", ".join(f"{room} {words!r}" for words, room in found.items())
            yield f"{place[1]!r} is said in two ways; agree, or give a context: {both}"


def faults_of_templates(room: Path) -> Iterator[str]:
    """Words in a template that no catalogue can reach."""
    for path in files(room, ".html"):
        text = path.read_text()
        for pattern in (COMMENT, BLOCKTRANSLATE, UNTRANSLATED, CODE, CLASS_BLOCK):
            text = pattern.sub(lambda found: "\n" * found[0].count("\n"), text)
        bare = TEMPLATE_TAG.sub(lambda found: "{}" + "\n" * found[0].count("\n"), text)
        lines = MARKUP.sub(lambda found: "\n" * found[0].count("\n"), bare).splitlines()
        for number, line in enumerate(lines, 1):
            words = [word for word in WORD.findall(line.replace("&nbsp;", " ")) if word not in NAMES]
            if words and not line.strip().startswith("&"):
                yield f"{path.relative_to(ROOT)}:{number}: is not translatable: {line.strip()[:80]!r}"
        for number, line in enumerate(bare.splitlines(), 1):
            for words in WORDS_IN_ATTRIBUTES.findall(line):
                if words.replace("{}", "").strip() not in NAMES:
                    yield f"{path.relative_to(ROOT)}:{number}: is not translatable: {words!r}"


def faults_of_names() -> Iterator[str]:
    """A translating function under a name of one's own: nobody would find the words it is given."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for name in ALIAS.findall(line):
                if name not in KEYWORDS:
                    yield f"{path.relative_to(ROOT)}:{number}: words given to {name}() reach no catalogue"


def faults_of_typescript() -> Iterator[str]:
    """Each `text("key")` has its sentence in ui/texts.py, and each sentence there is used."""
    listed = set(re.findall(r'^\s+"(\w+)": _\(', (PACKAGE / "ui" / "texts.py").read_text(), re.MULTILINE))
    used = set()
    for path in sorted(TYPESCRIPT.rglob("*.ts")):
        used |= set(re.findall(r'\btext\(\s*"(\w+)"', path.read_text()))
    yield from (f"ui/texts.py: has no sentence for text({name!r})" for name in sorted(used - listed))
    yield from (f"ui/texts.py: nothing shows {name!r}" for name in sorted(listed - used))


def do_check() -> int:
    faults = [fault for room in rooms() for language in LANGUAGES for fault in faults_of_catalogue(room, language)]
    faults += [fault for language in LANGUAGES for fault in faults_of_words(language)]
    faults += [fault for room in rooms() for fault in faults_of_templates(room)]
    faults += faults_of_names()
    faults += faults_of_typescript()
    for fault in faults:
        print(fault)
    if faults:
        print(f"{len(faults)} to mend; `python scripts/messages.py extract` brings new strings in.")
    return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["extract", "compile", "check"])
    parser.add_argument("rooms", nargs="*", help="only these rooms (extract)")
    chosen = parser.parse_args()
    if chosen.command == "extract":
        return do_extract(chosen.rooms)
    return do_compile() if chosen.command == "compile" else do_check()


if __name__ == "__main__":
    sys.exit(main())
