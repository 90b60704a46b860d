"""Pure decisions of the larder: what a list's columns may be, what a row says, and whom it is about."""
