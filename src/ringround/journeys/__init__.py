"""Conductor: journeys that watch leads and act on them: the document, its evaluation, timers, runs, simulation.

Not for what an action does to a lead (campaigns) nor for sending (messaging): a journey asks them, with a stable key.
"""
