"""The one decision "may this be contacted now": plain facts in, verdict out.

Not for loading those facts (the rooms that own them do) nor for acting on the verdict (campaigns,
dialer and messaging do). Nothing here reads a clock or a database.
"""
