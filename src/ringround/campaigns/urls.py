"""Addresses of this room, below `campaigns/`."""

from __future__ import annotations

from django.urls import path

from ringround.campaigns.views import (
    callbacks,
    copies,
    detail,
    external,
    lead,
    leads,
    listing,
    parts,
    people,
    recycle,
    saved,
    wizard,
)

app_name = "campaigns"

urlpatterns = [
    path("", listing.campaign_list, name="list"),
    path("new", wizard.new, name="new"),
    path("templates", copies.template_list, name="templates"),
    path("templates/<uuid:template_id>/new", copies.template_use, name="template-new"),
    path("templates/<uuid:template_id>/delete", copies.template_delete, name="template-delete"),
    path("leads", leads.lead_list, name="leads"),
    path("leads/bulk", leads.bulk, name="leads-bulk"),
    path("leads/bulk/<uuid:bulk_id>", leads.bulk_state, name="leads-bulk-state"),
    path("leads/filters", saved.save, name="filter-save"),
    path("leads/filters/<uuid:saved_id>/delete", saved.delete, name="filter-delete"),
    path("leads/export", leads.export, name="leads-export"),
    path("leads/<uuid:lead_id>", lead.lead, name="lead"),
    path("leads/<uuid:lead_id>/part/<slug:name>", lead.part, name="lead-part"),
    path("leads/<uuid:lead_id>/change", lead.change, name="lead-change"),
    path("leads/<uuid:lead_id>/note", lead.note, name="lead-note"),
    path("leads/<uuid:lead_id>/do/<slug:name>", lead.command, name="lead-command"),
    path("callbacks", callbacks.callback_list, name="callbacks"),
    path("callbacks/<uuid:lead_id>/move", callbacks.callback_move, name="callback-move"),
    path("callbacks/<uuid:lead_id>/cancel", callbacks.callback_cancel, name="callback-cancel"),
    path("external-systems", external.systems, name="systems"),
    path("external-systems/new", external.create, name="system-new"),
    path("external-systems/<uuid:system_id>", external.system, name="system"),
    path("external-systems/<uuid:system_id>/renew", external.renew, name="system-renew"),
    path("external-systems/<uuid:system_id>/delete", external.delete, name="system-delete"),
    path("<uuid:campaign_id>", detail.detail, name="detail"),
    path("<uuid:campaign_id>/figures", detail.figures, name="figures"),
    path("<uuid:campaign_id>/why-not-dialling", detail.why_not_dialling, name="why-not-dialling"),
    path("<uuid:campaign_id>/callbacks", detail.detail_callbacks, name="detail-callbacks"),
    path("<uuid:campaign_id>/people", detail.detail_people, name="detail-people"),
    path("<uuid:campaign_id>/settings", detail.detail_settings, name="detail-settings"),
    path("<uuid:campaign_id>/duplicate", copies.duplicate, name="duplicate"),
    path("<uuid:campaign_id>/template", copies.template_save, name="template-save"),
    path("<uuid:campaign_id>/recycle", recycle.recycle, name="recycle"),
    path("<uuid:campaign_id>/do/<slug:name>", detail.command, name="command"),
    path("<uuid:campaign_id>/plan/<int:number>", wizard.step, name="step"),
    path("<uuid:campaign_id>/plan/preassign", wizard.preassign, name="preassign"),
    path("<uuid:campaign_id>/plan/approve", wizard.approve, name="approve"),
    path("<uuid:campaign_id>/people/<slug:duty>/search", people.search, name="people-search"),
    path("<uuid:campaign_id>/people/<slug:duty>/change", people.change, name="people-change"),
    path("<uuid:campaign_id>/dispositions/<slug:which>", parts.disposition_edit, name="disposition"),
    path("<uuid:campaign_id>/dispositions/<uuid:which>/<slug:way>", parts.disposition_move, name="disposition-move"),
    path("<uuid:campaign_id>/questions/<slug:which>", parts.question_edit, name="question"),
    path("<uuid:campaign_id>/questions/<slug:which>/<slug:way>", parts.question_move, name="question-move"),
]
