"""The screens of this room: settings of the organisation, and of oneself."""
