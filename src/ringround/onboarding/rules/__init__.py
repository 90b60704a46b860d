"""Pure decisions: what a workflow allows, what was agreed, when money is due, what each word of a gateway means."""
