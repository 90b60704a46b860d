"""Templates: the list, and the editor with its preview."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import parse_id
from ringround.messaging import actions, ports, queries
from ringround.messaging.forms import LANGUAGES, TemplateForm
from ringround.messaging.models import Template
from ringround.messaging.rules.merge import UNSUBSCRIBE
from ringround.messaging.texts import CHANNELS, reason_text
from ringround.messaging.views.common import shows_mail
from ringround.orgs.permissions import allows, require
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

PAGE = 50
CHANGE, TEST = "messaging.templates.change", "messaging.messages.test"


@require_safe
@requires("messaging.templates.read")
def template_list(request: ActorRequest) -> HttpResponse:
    """The organisation's templates, newest first."""
    channel = request.GET.get("channel", "")
    rows, following = queries.template_list(
        actor=request.actor, channel=channel if channel in CHANNELS else None, size=PAGE,
        after=request.GET.get("after") or "",
    )  # fmt: skip
    context = {
        "rows": [
            (one, CHANNELS[one.channel], [LANGUAGES.get(text.language, text.language) for text in one.texts.all()])
            for one in rows
        ],
        "next": following,
        "channel": channel,
        "channels": list(CHANNELS.items()),
        "may_change": allows(request.actor, CHANGE),
    }
    return htmx.page_or_fragment(request, "messaging/templates.html", "messaging/_templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("messaging.templates.change")
def template_new(request: ActorRequest) -> HttpResponse:
    """A new template, in its first language."""
    form = _form(request, None, None)
    if request.method == "POST":
        if "preview" in request.POST:
            return _preview(request, form.data.get("channel", "sms"), form.data.get("language", ""))
        if form.is_valid():
            language = form.cleaned_data["language"]
            try:
                made = actions.template_create(
                    actor=request.actor, name=form.cleaned_data["name"], channel=form.cleaned_data["channel"],
                    language=language, texts={language: form.written()},
                )  # fmt: skip
                return htmx.redirect(request, "messaging:template", made.id, toast=_("The template is saved."))
            except (Invalid, Conflict) as wrong:
                form.put(wrong)
    return _page(request, form, None, form.data.get("language") or form.initial["language"])


@require_http_methods(["GET", "HEAD", "POST"])
@requires("messaging.templates.read")
def template(request: ActorRequest, template_id: UUID) -> HttpResponse:
    """One template in one language."""
    found = queries.template_get(actor=request.actor, template_id=template_id)
    language = (request.POST or request.GET).get("lang", "")
    language = language if language in LANGUAGES else found.language
    if request.method == "POST" and "preview" in request.POST:
        return _preview(request, found.channel, language)
    form = _form(request, found, language)
    if request.method == "POST":
        require(request.actor, CHANGE)
        if form.is_valid():
            try:
                actions.template_change(
                    actor=request.actor, template_id=template_id, name=form.cleaned_data["name"],
                    texts={language: form.written()}, language=language if form.cleaned_data["own"] else None,
                )  # fmt: skip
                to = f"{reverse('messaging:template', args=[template_id])}?lang={language}"
                return htmx.redirect(request, to, toast=_("The template is saved."))
            except (Invalid, Conflict) as wrong:
                form.put(wrong)
    return _page(request, form, found, language)


@require_POST
@requires("messaging.templates.change")
def template_language_drop(request: ActorRequest, template_id: UUID, language: str) -> HttpResponse:
    """Take one language away."""
    try:
        actions.template_change(actor=request.actor, template_id=template_id, texts={language: None})
    except Invalid:
        words = _("Another language must be the one that is used where a language is missing first.")
        return htmx.redirect(request, "messaging:template", template_id, toast=words, tone="warning")
    return htmx.redirect(request, "messaging:template", template_id, toast=_("The language is taken away."))


@require_POST
@requires("messaging.templates.change")
def template_delete(request: ActorRequest, template_id: UUID) -> HttpResponse:
    """Take it from the list."""
    actions.template_delete(actor=request.actor, template_id=template_id)
    return htmx.redirect(request, "messaging:templates", toast=_("The template is deleted."))


@require_POST
@requires("messaging.messages.test")
def template_test(request: ActorRequest, template_id: UUID) -> HttpResponse:
    """Send it, as it is saved, to a number or address of one's own."""
    found = queries.template_get(actor=request.actor, template_id=template_id)
    language = request.POST.get("lang", "") or found.language
    sample = _sample(request, language)
    here = f"{reverse('messaging:template', args=[template_id])}?lang={language}"
    try:
        queued = actions.template_test(
            actor=request.actor, template_id=template_id, to=request.POST.get("to", ""), language=language,
            values=sample.values if sample is not None else {},
        )  # fmt: skip
    except Invalid as wrong:
        return htmx.redirect(request, here, toast=str(wrong.errors[0].detail), tone="warning")
    if queued.status == "skipped":
        words = _("It was not sent: %(reason)s.") % {"reason": reason_text(queued.reason)}
        return htmx.redirect(request, here, toast=words, tone="warning")
    return htmx.redirect(request, here, toast=_("The test is on its way."))


# --- inside ---------------------------------------------------------------------------------------


def _form(request: ActorRequest, found: Template | None, language: str | None) -> TemplateForm:
    samples = ports.above().campaigns(request.actor)
    initial: dict[str, Any] = {"language": request.actor.organisation.language}
    if found is not None:
        written = queries.template_texts(found).get(language or found.language)
        initial = {"name": found.name, "own": language == found.language}
        if written is not None:
            initial |= {"subject": written.subject, "text": written.text, "html": written.html}
    elif request.GET.get("channel") in CHANNELS:
        initial["channel"] = request.GET["channel"]
    initial["sample"] = str(samples[0][0]) if samples else ""
    return TemplateForm(
        request.POST if request.method == "POST" else None, initial=initial, samples=samples,
        channel=found.channel if found is not None else None, language=language,
    )  # fmt: skip


def _sample(request: ActorRequest, language: str) -> ports.Sample | None:
    campaign_id = parse_id(request.POST.get("sample", ""))
    return ports.above().sample(request.actor, campaign_id, language) if campaign_id is not None else None


def _preview(request: ActorRequest, channel: str, language: str) -> HttpResponse:
    """What stands in the form now, filled in."""
    channel = channel if channel in CHANNELS else "sms"
    return htmx.render_fragment(request, "messaging/_preview.html", _shown(request, channel, language, request.POST))


def _shown(request: ActorRequest, channel: str, language: str, said: Any) -> dict[str, Any]:
    sample = _sample(request, language) if request.method == "POST" else None
    if request.method != "POST" and (campaign_id := parse_id(said.get("sample", ""))) is not None:
        sample = ports.above().sample(request.actor, campaign_id, language)
    text, html = (str(said.get(name) or "").replace("\r\n", "\n")[:200_000] for name in ("text", "html"))
    sms = channel == "sms"
    shown = queries.preview(
        channel=channel, values=sample.values if sample is not None else {}, language=language,
        subject="" if sms else str(said.get("subject") or "")[:300], text=text[:10_000], html="" if sms else html,
    )  # fmt: skip
    reason = shown.reason
    if reason == "missing_value" and sample is None:
        reason = ""  # nobody was chosen whose value it could be
    if reason == "empty" and not (text.strip() or html.strip()):
        reason = ""
    return {
        "shown": shown,
        "sms": sms,
        "sample": sample,
        "reason": reason_text(reason) if reason else "",
        "missing": shown.detail if reason == "missing_value" else "",
        "no_stop": not sms and shown.text and "unsubscribe_link" not in shown.fields,
    }


def _page(request: ActorRequest, form: TemplateForm, found: Template | None, language: str) -> HttpResponse:
    channel = found.channel if found is not None else str(form["channel"].value() or "sms")
    there = list(queries.template_texts(found)) if found is not None else []
    said = {name: form[name].value() for name in ("subject", "text", "html", "sample")}
    here = reverse("messaging:template", args=[found.id]) if found is not None else reverse("messaging:template-new")
    context = {
        "form": form,
        "template": found,
        "channel": channel,
        "channel_words": CHANNELS.get(channel, ""),
        "language": language,
        "language_name": LANGUAGES.get(language, language),
        "tabs": [(one, LANGUAGES.get(one, one), f"{here}?lang={one}") for one in there],
        "added": [(one, words) for one, words in LANGUAGES.items() if one not in there],
        "is_new_language": found is not None and language not in there,
        "fields": [(one, f"{{{{ {one} }}}}") for one in (*ports.above().fields(request.actor), UNSUBSCRIBE)],
        "pattern": _('{{ contact.name | "friend" }}'),
        "may_change": allows(request.actor, CHANGE),
        "may_test": allows(request.actor, TEST) and found is not None and language in there,
        "here": here,
        "crumbs": [(_("Messages"), reverse("messaging:list")), (_("Templates"), reverse("messaging:templates"))]
        if allows(request.actor, "messaging.messages.read")
        else [(_("Templates"), reverse("messaging:templates"))],
        **_shown(request, channel if channel in CHANNELS else "sms", language, said),
    }
    status = 422 if request.method == "POST" else 200
    return shows_mail(htmx.render_fragment(request, "messaging/template.html", context, status=status))
