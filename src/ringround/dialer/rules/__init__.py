"""Pure decisions of the engine room."""
