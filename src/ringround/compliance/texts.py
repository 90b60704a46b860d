"""What a gate's detail says to people, in the reader's language when `str()` is taken."""

from __future__ import annotations

from ringround.compliance.packs import PACKS
from ringround.compliance.rules import Detail
from ringround.kernel.messages import N_, Message

_SENTENCES = {
    "no_hours": N_("The campaign has no calling hours."),
    "open": N_("Within the calling hours (%(zones)s)."),
    "holiday": N_("Public holiday where the lead is (%(place)s, %(date)s)."),
    "outside_hours": N_("It is %(local_time)s where the lead is (%(zone)s), outside calling hours."),
    "ended": N_("The campaign's end time has passed."),
    "not_started": N_("The campaign's start time has not come yet."),
    "suppressed": N_("On a suppression list: %(lists)s."),
    "deactivated": N_("The column %(column)s says that the lead is not to be contacted."),
    "unknown_pack": N_("The campaign names rule packs that are not known here: %(packs)s."),
    "outside_pack_hours": N_(
        "It is %(local_time)s where the lead is (%(zone)s), outside the hours of the rule pack %(pack)s."
    ),
    "packs_allow": N_("The campaign's rule packs allow it."),
    "called_too_often": N_("Called %(calls)s times within %(days)s days; the rule pack %(pack)s allows %(most)s."),
    "refused": N_("Said no on %(date)s (UTC); the rule pack %(pack)s asks for a rest after that."),
    "no_basis": N_("Neither consent nor a relation that the rule pack %(pack)s asks for."),
    "has_basis": N_("There is a consent or a relation, as the campaign's rule packs ask."),
    "no_packs": N_("The campaign uses no rule pack."),
}


def describe(detail: Detail | None) -> Message | None:
    """The sentence for a detail of this room's gates; None for none, or for another room's code."""
    sentence = _SENTENCES.get(detail.code) if detail is not None else None
    if detail is None or sentence is None:
        return None
    params: dict[str, object] = {
        name: ", ".join(value) if isinstance(value, tuple | list) else value for name, value in detail.params.items()
    }
    if (pack := PACKS.get(str(params.get("pack")))) is not None:
        params["pack"] = pack.name
    return Message(sentence.text, params)
