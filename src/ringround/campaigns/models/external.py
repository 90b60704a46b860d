"""Systems of others that work leads here: diallers, CRMs."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class ExternalSystem(models.Model):
    """A system that starts calls and says what happened, by its own ids of campaigns, leads and agents."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    # In the addresses that it calls.
    key = models.TextField()
    name = models.TextField()
    # {its id of an agent: the user's id}
    agents = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_external_system"
        constraints = (models.UniqueConstraint(fields=["organisation", "key"], name="external_system_key_once"),)
