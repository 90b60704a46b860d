"""`{% load ui %}`: every component. How to use them: docs/ui.md."""

from django import template

from ringround.ui.tags import blocks, frame, lists, small, times

register = template.Library()
for _module in (frame, small, blocks, lists, times):
    register.tags.update(_module.register.tags)
    register.filters.update(_module.register.filters)
