"""France: hours, frequency, rest after a refusal, and since August 2026 consent beforehand."""

from __future__ import annotations

from datetime import date, timedelta

from ringround.compliance.packs.shapes import (
    CallingHours,
    LeftOut,
    MostCalls,
    NoHolidays,
    Pack,
    PriorBasis,
    RestAfterRefusal,
    Rule,
    Source,
)
from ringround.kernel.messages import N_
from ringround.kernel.windows import Hours

_DECREE = Source(
    "Code de la consommation, art. D. 223-9 (décret n° 2022-1313 du 13 octobre 2022)",
    "https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000046421823",
)
_DECREE_HOLDS = date(2023, 3, 1)
_CHECKED = date(2026, 11, 22)
_DAY = [["10:00", "13:00"], ["14:00", "20:00"]]

PACK = Pack(
    key="fr",
    name=N_("France"),
    about=N_("Commercial calls to consumers."),
    zone="Europe/Paris",
    rules=(
        Rule(
            key="fr.hours",
            says=N_("Calls only from Monday to Friday, 10:00-13:00 and 14:00-20:00, on the clock where the person is."),
            effect=CallingHours(Hours.parse(dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), _DAY))),
            source=_DECREE,
            since=_DECREE_HOLDS,
            checked_on=_CHECKED,
            note=N_("The text lets a person agree to other hours. Here these hold for all."),
        ),
        Rule(
            key="fr.holidays",
            says=N_("No calls on French public holidays."),
            effect=NoHolidays("FR"),
            source=_DECREE,
            since=_DECREE_HOLDS,
            checked_on=_CHECKED,
        ),
        Rule(
            key="fr.frequency",
            says=N_("At most 4 calls to a person within 30 days."),
            effect=MostCalls(4, timedelta(days=30)),
            source=_DECREE,
            since=_DECREE_HOLDS,
            checked_on=_CHECKED,
            note=N_(
                "Every call counts that was made on the merchant's behalf to any number of the person, on any campaign,"
                " answered or not."
            ),
        ),
        Rule(
            key="fr.refusal",
            says=N_("No call to a person for 60 days after they have said no."),
            # Sixty whole days: the day of the refusal is not one of them.
            effect=RestAfterRefusal(timedelta(days=61)),
            source=_DECREE,
            since=_DECREE_HOLDS,
            checked_on=_CHECKED,
            note=N_("A disposition of the kind “not engaged” is a refusal."),
        ),
        Rule(
            key="fr.consent",
            says=N_("Only who has consented to such calls beforehand, or whose contract still runs (a customer)."),
            effect=PriorBasis(consent=True, relations={"customer": 0}),
            source=Source(
                "Code de la consommation, art. L. 223-1 (loi n° 2025-594 du 30 juin 2025, art. 13)",
                "https://cms.law/fr/fra/news-information/"
                "interdiction-prochaine-du-demarchage-telephonique-sans-consentement-prealable-du-consommateur",
            ),
            since=date(2026, 8, 11),
            checked_on=_CHECKED,
            note=N_(
                "A customer may only be called about what the contract is about; that is for you to keep. Newspapers"
                " and magazines are excepted by the text, not here."
            ),
        ),
    ),
    left_out=(
        LeftOut(
            N_("Bans on whole trades (saving of energy, adapting homes)"),
            N_("A pack does not know what is sold."),
        ),
        LeftOut(
            N_("The number that may be shown to those who are called"),
            N_("No source has been gone through."),
        ),
        LeftOut(
            N_("Calls for charities"),
            N_("The text speaks of commercial calls. Whether it binds a charity's was not found."),
        ),
    ),
)
