"""Addresses of this room's screens, below `contacts/`."""

from django.urls import path

from ringround.contacts.views import consents, contacts, imports, lists, suppressions

app_name = "contacts"
urlpatterns = [
    path("", lists.lists, name="lists"),
    path("search", contacts.search, name="search"),
    path("lists/new", lists.new, name="list-new"),
    path("lists/new/file", imports.upload, name="list-from-file"),
    path("lists/<uuid:list_id>", lists.detail, name="list"),
    path("lists/<uuid:list_id>/edit", lists.edit, name="list-edit"),
    path("lists/<uuid:list_id>/archive", lists.archive, name="list-archive"),
    path("lists/<uuid:list_id>/restore", lists.restore, name="list-restore"),
    path("lists/<uuid:list_id>/export", lists.export, name="list-export"),
    path("lists/<uuid:list_id>/contacts/new", contacts.new, name="contact-new"),
    path("lists/<uuid:list_id>/imports", imports.of_list, name="list-imports"),
    path("lists/<uuid:list_id>/imports/new", imports.upload_to, name="import-new"),
    path("contact/<uuid:contact_id>", contacts.detail, name="contact"),
    path("contact/<uuid:contact_id>/history", contacts.history, name="contact-history"),
    path("contact/<uuid:contact_id>/edit", contacts.edit, name="contact-edit"),
    path("contact/<uuid:contact_id>/erase", contacts.erase, name="contact-erase"),
    path("contact/<uuid:contact_id>/relation", consents.relation, name="contact-relation"),
    path("contact/<uuid:contact_id>/consent", consents.consent, name="contact-consent"),
    path("contact/<uuid:contact_id>/consent/<uuid:consent_id>/withdraw", consents.withdraw, name="consent-withdraw"),
    path("contact/<uuid:contact_id>/suppress", contacts.suppress, name="contact-suppress"),
    path("imports/<uuid:import_id>", imports.detail, name="import"),
    path("imports/<uuid:import_id>/columns", imports.columns, name="import-columns"),
    path("imports/<uuid:import_id>/discard", imports.discard, name="import-discard"),
    path("imports/<uuid:import_id>/again", imports.again, name="import-again"),
    path("imports/<uuid:import_id>/revert", imports.revert, name="import-revert"),
    path("imports/<uuid:import_id>/rejected", imports.rejected, name="import-rejected"),
    path("suppression", suppressions.suppressions, name="suppressions"),
    path("suppression/add", suppressions.add, name="suppression-add"),
    path("suppression/import", suppressions.bring, name="suppression-import"),
    path("suppression/hits", suppressions.hits, name="register-hits"),
    path("suppression/hits/decide", suppressions.decide, name="register-hits-decide"),
    path("suppression/registers/<uuid:register_id>/remove", suppressions.register_remove, name="register-remove"),
    path("suppression/<uuid:suppression_id>/remove", suppressions.remove, name="suppression-remove"),
]
