"""Writing templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ringround.infra import audit, clock
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.messaging.models import Template, TemplateText
from ringround.messaging.rules import merge, sms
from ringround.orgs import actions as orgs
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

LANGUAGES = ("da", "en", "sv", "nb", "de", "fi", "fr", "es", "nl", "pl")
MAX_NAME, MAX_SUBJECT, MAX_TEXT, MAX_HTML = 200, 300, 10_000, 200_000
MOST = 1_000
PARTS = ("subject", "text", "html")


@transaction.atomic
def template_create(
    *, actor: Actor, name: str, channel: str, language: str, texts: Mapping[str, Mapping[str, str]]
) -> Template:
    """A template of the organisation. `texts`: {language: {subject, text, html}}, `language` among them."""
    permissions.require(actor, "messaging.templates.change")
    orgs.still_acting(actor=actor)
    faults = [] if channel in Template.Channel.values else [
        Fault(("channel",), "unknown_channel", N_("There is no such channel."))
    ]  # fmt: skip
    faults += _check(channel, texts)
    if language not in texts:
        faults.append(Fault(("language",), "required", N_("Write the text in this language too.")))
    if faults:
        raise Invalid(faults)
    if Template.objects.filter(organisation=actor.organisation, archived_at=None).count() >= MOST:
        raise Conflict("too_many_templates", N_("There are as many templates as there may be."))
    now = clock.now()
    made = Template(
        organisation=actor.organisation, name=name, channel=channel, language=language, created_at=now, updated_at=now
    )
    _save(made, insert=True)
    _texts(made, texts)
    _write(actor, "created", made)
    return made


@transaction.atomic
def template_change(
    *,
    actor: Actor,
    template_id: UUID,
    name: str | None = None,
    language: str | None = None,
    texts: Mapping[str, Mapping[str, str] | None] | None = None,
) -> Template:
    """Change what is given. In `texts` a language that is None is taken away; others stay. What was sent stays too."""
    found = _lock(actor, template_id)
    permissions.require(actor, "messaging.templates.change")
    orgs.still_acting(actor=actor)
    written = {key: dict(value) for key, value in (texts or {}).items() if value is not None}
    faults = _check(found.channel, written)
    there = set(found.texts.values_list("language", flat=True)) | set(written)
    there -= {key for key, value in (texts or {}).items() if value is None}
    if (language or found.language) not in there:
        faults.append(Fault(("language",), "required", N_("Write the text in this language too.")))
    if faults:
        raise Invalid(faults)
    found.name, found.language = name or found.name, language or found.language
    found.updated_at = clock.now()
    _save(found)
    found.texts.exclude(language__in=there).delete()
    _texts(found, written)
    _write(actor, "changed", found)
    return found


@transaction.atomic
def template_delete(*, actor: Actor, template_id: UUID) -> None:
    """Take it from the list. Messages that were written by it keep their text; what names it still says so."""
    found = _lock(actor, template_id)
    permissions.require(actor, "messaging.templates.change")
    orgs.still_acting(actor=actor)
    found.archived_at = clock.now()
    found.save(update_fields=["archived_at"])
    _write(actor, "deleted", found)


def _lock(actor: Actor, template_id: UUID) -> Template:
    found = (
        Template.objects.select_for_update(no_key=True)
        .filter(organisation=actor.org_id, id=template_id, archived_at__isnull=True)
        .first()
    )
    if found is None:
        raise NotFound("template")
    return found


def _save(template: Template, *, insert: bool = False) -> None:
    try:
        with transaction.atomic():
            template.save(force_insert=insert)
    except IntegrityError:
        raise Conflict("name_taken", N_("There is a template of that name already.")) from None


def _texts(template: Template, texts: Mapping[str, Mapping[str, str]]) -> None:
    for language, written in texts.items():
        TemplateText.objects.update_or_create(
            template=template, language=language, defaults={part: written.get(part, "") for part in PARTS}
        )


def _check(channel: str, texts: Mapping[str, Mapping[str, str]]) -> list[Fault]:
    faults: list[Fault] = []
    for language, written in texts.items():
        at = ("texts", language)
        if language not in LANGUAGES:
            faults.append(Fault(at, "unknown_language", N_("There is no such language here."), {"options": LANGUAGES}))
        for part, most in zip(PARTS, (MAX_SUBJECT, MAX_TEXT, MAX_HTML), strict=True):
            value = written.get(part, "")
            if len(value) > most:
                faults.append(Fault((*at, part), "too_long", N_("This is longer than a template may be.")))
            faults += merge.check(value, loc=(*at, part))
        faults += _whole(channel, written, at)
    return faults


def _whole(channel: str, written: Mapping[str, str], at: tuple[str, str]) -> list[Fault]:
    """Whether there is what the channel needs, and nothing that it cannot carry."""
    has = {part for part in PARTS if written.get(part, "").strip()}
    if channel == "sms":
        faults = [
            Fault((*at, part), "not_for_sms", N_("An SMS has a text alone."))
            for part in ("subject", "html") if part in has
        ]  # fmt: skip
        if "text" not in has:
            faults.append(Fault((*at, "text"), "required", N_("Write something.")))
        elif sms.parts(sms.plain(written["text"])).count > sms.MOST_PARTS:
            faults.append(Fault((*at, "text"), "too_long", N_("This takes more parts than are sent.")))
        return faults
    faults = []
    if "subject" not in has:
        faults.append(Fault((*at, "subject"), "required", N_("An e-mail has a subject.")))
    if not has & {"text", "html"}:
        faults.append(Fault((*at, "text"), "required", N_("Write something.")))
    return faults


def _write(actor: Actor, verb: str, template: Template, **data: Any) -> None:
    audit.write(
        actor=actor, action=f"messaging.template.{verb}", org_id=template.organisation_id, subject_type="template",
        subject_id=template.id, data=data,
    )  # fmt: skip
