"""Pure decisions of the workshop: no Django, no clock, no dice."""
