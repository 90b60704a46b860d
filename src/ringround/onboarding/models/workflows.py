"""What a merchant lets agencies do and ask: a workflow, and its versions that never change."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class Workflow(models.Model):
    """A workflow as it is known by its name; what it says is in its newest version."""

    class Intention(models.TextChoices):
        SIGNUP = "signup"  # new agreements
        UPGRADE = "upgrade"  # changes of existing ones

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.TextField()
    intention = models.TextField(choices=Intention.choices)
    # The newest version's number; new sessions begin with that one.
    version = models.IntegerField(default=1)
    archived_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "onboarding_workflow"
        constraints = (
            # Also what the list of a merchant's workflows is read by.
            models.UniqueConstraint(
                fields=["merchant", "name"], condition=models.Q(archived_at__isnull=True), name="workflow_name_once"
            ),
            models.CheckConstraint(condition=models.Q(intention__in=["signup", "upgrade"]), name="workflow_intention"),
        )

    def __str__(self) -> str:
        return self.name


class WorkflowVersion(models.Model):
    """One version of a workflow: `rules.workflow` reads `definition`. Written once; a session keeps the one it began
    with."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    definition = models.JSONField()
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "onboarding_workflow_version"
        constraints = (models.UniqueConstraint(fields=["workflow", "number"], name="workflow_version_once"),)
