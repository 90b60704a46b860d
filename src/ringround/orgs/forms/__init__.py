"""The shapes of this room's screens: `entrance` for signing in and up, `settings` for the rest."""
