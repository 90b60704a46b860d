"""What `ringround migrate` keeps of Django's rendered models: the same as Django, with less of it made anew."""

from __future__ import annotations

from django.db import models
from django.db.migrations import operations
from django.db.migrations.state import ModelState, ProjectState

from ringround.cli_commands.migrate import rendering_little


def state() -> ProjectState:
    """Two models, rendered."""
    made = ProjectState()
    made.add_model(
        ModelState("letters", "A", [("id", models.AutoField(primary_key=True)), ("n", models.IntegerField())])
    )
    to_a = models.ForeignKey("letters.A", models.CASCADE, related_name="bs")
    made.add_model(ModelState("letters", "B", [("id", models.AutoField(primary_key=True)), ("a", to_a)]))
    made.apps.get_models()
    return made


INDEX = models.Index(fields=["n"], name="a_n")
RULE = models.CheckConstraint(condition=models.Q(n__gt=0), name="a_n_positive")
STEPS = (operations.AddIndex("a", INDEX), operations.AddConstraint("a", RULE))


def test_an_index_and_a_constraint_are_on_their_model_and_no_other_is_rendered() -> None:
    there = state()
    before = there.apps.get_model("letters", "B")
    with rendering_little():
        for step in STEPS:
            step.state_forwards("letters", there)
    options = there.apps.get_model("letters", "A")._meta
    assert options.indexes == [INDEX]
    assert options.constraints == [RULE]
    assert there.apps.get_model("letters", "B") is before


def test_what_is_taken_off_again_is_gone() -> None:
    there = state()
    with rendering_little():
        for step in (*STEPS, operations.RemoveIndex("a", "a_n"), operations.RemoveConstraint("a", "a_n_positive")):
            step.state_forwards("letters", there)
    options = there.apps.get_model("letters", "A")._meta
    assert (options.indexes, options.constraints) == ([], [])


def test_a_new_model_is_known_to_the_one_it_refers_to() -> None:
    there = state()
    to_a = models.ForeignKey("letters.A", models.CASCADE, related_name="cs")
    new = operations.CreateModel("C", [("id", models.AutoField(primary_key=True)), ("a", to_a)])
    with rendering_little():
        new.state_forwards("letters", there)
    first = there.apps.get_model("letters", "A")
    assert {one.name for one in first._meta.related_objects} == {"bs", "cs"}
    assert there.apps.get_model("letters", "C")._meta.get_field("a").related_model is first


def test_later_steps_render_all_of_it_as_django_does() -> None:
    there = state()
    with rendering_little():
        for step in (*STEPS, operations.AddField("a", "m", models.IntegerField(default=0))):
            step.state_forwards("letters", there)
    first = there.apps.get_model("letters", "A")
    assert [one.name for one in first._meta.indexes] == ["a_n"]
    assert [one.name for one in first._meta.constraints] == ["a_n_positive"]
    assert there.apps.get_model("letters", "B")._meta.get_field("a").related_model is first


def test_afterwards_django_does_it_its_own_way() -> None:
    own = ProjectState.add_model, ProjectState._append_option
    with rendering_little():
        assert ProjectState.add_model is not own[0]
    assert (ProjectState.add_model, ProjectState._append_option) == own
