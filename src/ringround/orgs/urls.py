"""Addresses of the settings screens. The pages of signing in are in `account_urls`."""

from django.urls import path

from ringround.orgs.views import audit, clients, join, links, organisation, own, teams, tokens, users, webhooks

app_name = "orgs"
urlpatterns = [
    path("settings/organisation", organisation.organisation, name="organisation"),
    path("settings/users", users.users, name="users"),
    path("settings/users/invite", users.invite, name="invite"),
    path("settings/users/<uuid:user_id>", users.user, name="user"),
    path("settings/users/<uuid:user_id>/deactivate", users.deactivate, name="deactivate"),
    path("settings/users/<uuid:user_id>/invite-again", users.renew, name="renew"),
    path("settings/users/<uuid:user_id>/withdraw", users.withdraw, name="withdraw"),
    path("settings/users/<uuid:user_id>/sign-out", users.sign_out, name="sign-out"),
    path("settings/teams", teams.teams, name="teams"),
    path("settings/teams/<uuid:team_id>", teams.team, name="team"),
    path("settings/teams/<uuid:team_id>/delete", teams.delete, name="team-delete"),
    path("settings/agencies", links.links, name="links"),
    path("settings/agencies/token", links.create, name="link-create"),
    path("settings/agencies/claim", links.claim, name="link-claim"),
    path("settings/agencies/<uuid:link_id>/revoke", links.revoke, name="link-revoke"),
    path("settings/clients", clients.clients, name="clients"),
    path("settings/clients/<uuid:client_id>", clients.client, name="client"),
    path("settings/clients/<uuid:client_id>/act", clients.act, name="client-act"),
    path("settings/clients/<uuid:client_id>/hand-over", clients.hand_over, name="client-hand-over"),
    path("settings/clients/<uuid:client_id>/keep", clients.keep, name="client-keep"),
    path("settings/tokens", tokens.tokens, name="tokens"),
    path("settings/tokens/new", tokens.create, name="token-new"),
    path("settings/tokens/<uuid:token_id>/revoke", tokens.revoke, name="token-revoke"),
    path("settings/webhooks", webhooks.webhooks, name="webhooks"),
    path("settings/webhooks/new", webhooks.create, name="webhook-new"),
    path("settings/webhooks/<uuid:webhook_id>", webhooks.webhook, name="webhook"),
    path("settings/webhooks/<uuid:webhook_id>/change", webhooks.change, name="webhook-change"),
    path("settings/webhooks/<uuid:webhook_id>/rotate", webhooks.rotate, name="webhook-rotate"),
    path("settings/webhooks/<uuid:webhook_id>/on", webhooks.switch_on, name="webhook-on"),
    path("settings/webhooks/<uuid:webhook_id>/off", webhooks.switch_off, name="webhook-off"),
    path("settings/webhooks/<uuid:webhook_id>/delete", webhooks.delete, name="webhook-delete"),
    path(
        "settings/webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/again", webhooks.again, name="webhook-again"
    ),
    path("settings/audit", audit.audit, name="audit"),
    path("me", own.profile, name="profile"),
    path("me/security", own.security, name="security"),
    path("me/sessions/<int:session_id>/end", own.end_session, name="session-end"),
    path("me/sessions/end", own.end_sessions, name="sessions-end"),
    path("me/organisation", own.choose, name="choose"),
    path("me/organisation/leave", own.leave, name="leave"),
    path("join/<str:token>", join.join, name="join"),
    path("join/<str:token>/decline", join.decline, name="decline"),
]
