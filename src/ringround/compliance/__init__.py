"""The one decision "may this be contacted now": plain facts in, verdict out.

Not for loading those facts (the rooms that own them do) nor for acting on the verdict (campaigns,
dialer and messaging do). The decision reads no clock and no database. `packs/` is
what countries ask, as dated data; it is also shown here, as a page and by the API.
"""
