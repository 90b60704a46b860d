"""United States: federal rules on calling hours."""

from __future__ import annotations

from datetime import date

from ringround.compliance.packs.shapes import CallingHours, LeftOut, Pack, Rule, Source, week
from ringround.kernel.messages import N_

PACK = Pack(
    key="us",
    name=N_("United States"),
    about=N_("Federal calling hours for telephone solicitations."),
    zone="America/New_York",
    rules=(
        Rule(
            key="us.hours",
            says=N_("Calls only from 08:00 to 21:00, every day, on the clock where the person is."),
            effect=CallingHours(week("08:00", "21:00", weekend="08:00")),
            source=Source(
                "47 CFR § 64.1200(c)(1)",
                "https://www.ecfr.gov/current/title-47/chapter-I/subchapter-B/part-64/subpart-L/section-64.1200",
            ),
            since=date(1992, 12, 20),
            checked_on=date(2026, 11, 22),
            note=N_(
                "The text does not bind calls to those who asked for them, to one's own customers, or for a tax-exempt"
                " charity. Here it binds all calls of the campaign."
            ),
        ),
    ),
    left_out=(
        LeftOut(
            N_("Hours and days of single states"),
            N_("Some states ask for more. No source has been gone through for each of them."),
        ),
        LeftOut(
            N_("The National Do Not Call Registry"),
            N_("Import it as a suppression list; it then bars its numbers on every campaign."),
        ),
        LeftOut(
            N_("How often a person may be called"),
            N_("No federal limit on sales calls was found."),
        ),
        LeftOut(
            N_("Consent before calls by automatic diallers and recorded voices"),
            N_("Nothing here dials by itself or plays recordings to those who are called."),
        ),
    ),
)
