"""The screens of the post room, and what stands in sent mails."""
