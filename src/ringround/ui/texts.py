"""The sentences that TypeScript shows. They travel in the page as JSON, so there is no second catalogue."""

from __future__ import annotations

from django.utils.translation import gettext as _


def texts() -> dict[str, str]:
    """Key to sentence in the language of the request."""
    return {
        "close": _("Close"),
        "confirm": _("Yes, continue"),
        "confirmTitle": _("Are you sure?"),
        "copied": _("Copied"),
        "copyFailed": _("The browser did not allow copying."),
        "draftRestored": _("What you had typed has been put back."),
        "draftDiscard": _("Discard it"),
        "liveLost": _("Connection lost. Trying again …"),
        "liveBack": _("Connected again."),
        "offline": _("You are offline. Nothing you typed is lost."),
        "signedOut": _("You have been signed out."),
        "signIn": _("Sign in again"),
        "requestLost": _("The server could not be reached. Nothing you typed is lost."),
        "requestFailed": _("Something went wrong on the server. Nothing you typed is lost."),
        "requestRefused": _("That was not possible."),
        "retry": _("Try again"),
        "fileChosen": _("Chosen: {name}"),
        "filesChosen": _("{count} files chosen"),
    }
