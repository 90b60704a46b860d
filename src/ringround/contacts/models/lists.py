"""Contact lists."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class ContactList(models.Model):
    """A named collection of contacts with declared columns.

    `columns` is a list of `{"name", "type", "role"?, "required"?, "editable"?, "hidden"?, "options"?}`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    name = models.TextField()
    region = models.TextField(default="DK")
    columns = models.JSONField(default=list)
    # How the last file's headers were mapped: {"Navn": "name"}.
    mapping = models.JSONField(default=dict)
    # Kept under the list's lock by whoever adds or deletes: counting a million rows is no work for a page.
    contact_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "contacts_list"
        constraints = (models.UniqueConstraint(fields=["organisation", "name"], name="contact_list_name_once"),)

    def __str__(self) -> str:
        return self.name
