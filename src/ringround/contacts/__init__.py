"""Larder: contact lists, contacts and their numbers, imports, suppression. Not for what happens to a contact on a
campaign: that is a lead, and lives in campaigns."""
