"""United Kingdom: calling hours by the trade's own code."""

from __future__ import annotations

from datetime import date

from ringround.compliance.packs.shapes import CallingHours, LeftOut, Pack, Rule, Source, week
from ringround.kernel.messages import N_

PACK = Pack(
    key="uk",
    name=N_("United Kingdom"),
    about=N_("Calling hours by the code of the direct marketing trade."),
    zone="Europe/London",
    rules=(
        Rule(
            key="uk.hours",
            says=N_("Calls only from 08:00 to 21:00, at weekends from 09:00, on the clock where the person is."),
            effect=CallingHours(week("08:00", "21:00", weekend="09:00")),
            source=Source(
                "DMA Direct Marketing Code of Practice, 21.41",
                "https://www.callcentrehelper.com/regulations-on-outbound-calling-times-207054.htm",
            ),
            checked_on=date(2026, 11, 22),
            note=N_(
                "A code and no law, read as it is told by others. Who asked for another hour is excepted by it, not"
                " here."
            ),
        ),
    ),
    left_out=(
        LeftOut(
            N_("The Telephone Preference Service"),
            N_("Import it as a suppression list; it then bars its numbers on every campaign."),
        ),
        LeftOut(
            N_("How often a person may be called"),
            N_("No British limit was found; four in 30 days is the French rule."),
        ),
        LeftOut(
            N_("Consent before calls about claims management and pensions"),
            N_("A pack does not know what is sold."),
        ),
        LeftOut(
            N_("Public holidays"),
            N_("No rule that bars calls on them was found. The campaign's own setting keeps them free."),
        ),
    ),
)
