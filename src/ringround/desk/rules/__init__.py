"""Pure decisions of the desk."""
