"""Denmark: selling to consumers, and collecting for a cause, which have different laws."""

from __future__ import annotations

from datetime import date

from ringround.compliance.packs.shapes import LeftOut, Pack, PriorBasis, Rule, Source
from ringround.kernel.messages import N_

_CHECKED = date(2026, 11, 22)
_HOURS = LeftOut(
    N_("Hours and days of calls"),
    N_("No statutory hours for calls were found. The campaign's own hours hold."),
)
_OFTEN = LeftOut(N_("How often a person may be called"), N_("No limit was found."))

SALES = Pack(
    key="dk",
    name=N_("Denmark: selling"),
    about=N_("Calls to consumers to sell something."),
    zone="Europe/Copenhagen",
    rules=(
        Rule(
            key="dk.request",
            says=N_("Only who has asked to be called or consented to it beforehand."),
            effect=PriorBasis(consent=True),
            source=Source(
                "Forbrugeraftaleloven § 4, stk. 1 (lov nr. 1457 af 17. december 2013)",
                "https://forbrugerombudsmanden.dk/longreads/oversigt-over-reglerne-for-telefonsalg/",
            ),
            since=date(2014, 6, 13),
            checked_on=_CHECKED,
            note=N_(
                "Books, newspapers and magazines, brokering of insurance, and rescue or ambulance subscriptions are"
                " excepted by § 4, stk. 2: leave the pack out when you sell these, and use the Robinson list."
            ),
        ),
    ),
    left_out=(
        _HOURS,
        _OFTEN,
        LeftOut(
            N_("The Robinson list"),
            N_("Import it as a suppression list; it then bars its people on every campaign."),
        ),
    ),
)

COLLECTING = Pack(
    key="dk_collecting",
    name=N_("Denmark: collecting"),
    about=N_("Calls to private persons to ask for gifts."),
    zone="Europe/Copenhagen",
    rules=(
        Rule(
            key="dk_collecting.relation",
            says=N_("Only members who pay dues, and donors whose giving has ended no more than a year ago."),
            effect=PriorBasis(consent=False, relations={"member": 0, "donor": 365}),
            source=Source(
                "Indsamlingsloven § 2, stk. 1 (lov nr. 511 af 26. maj 2014); Indsamlingsnævnets retningslinjer",
                "https://www.civilstyrelsen.dk/sagsomraader/indsamlingsnaevnet/retningslinjer-for-god-indsamlingsskik",
            ),
            since=date(2014, 7, 1),
            checked_on=_CHECKED,
            note=N_(
                "The guidelines say one year, at most two; here it is one. With a permit for a house collection others"
                " may be called on its day: leave the pack out then."
            ),
        ),
    ),
    left_out=(
        _HOURS,
        _OFTEN,
        LeftOut(
            N_("Winning new members by telephone"),
            N_("Other rules hold, those of good conduct; no more was found that a pack could keep."),
        ),
    ),
)
