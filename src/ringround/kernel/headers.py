"""What a column of a file is, guessed from its header and its cells; people correct it on screen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringround.kernel import columns, phones
from ringround.kernel.errors import Fault
from ringround.kernel.text import fold, is_nothing

ROLES = (
    "first_name", "last_name", "name", "company", "phone", "email", "address", "address2",
    "post_code", "city", "country", "birth_date", "national_id", "timezone",
)  # fmt: skip

_SAMPLE = 200  # cells looked at; more changes no guess
_HALF = 0.5  # under a header that hints
_MOST = 0.85  # share of the cells that must agree, so that a few typing errors do not decide

# Headers as words folded (å is aa) and run together: "Post nr." and "post_nr" are both "postnr".
_WHOLE = {
    "first_name": "fornavn fornavne firstname givenname forename first givname fname",
    "last_name": "efternavn efternavne lastname surname familyname last lname slaegtsnavn",
    "name": "navn name fuldenavn fuldtnavn fullname kontaktnavn contactname kontaktperson "
    "kundenavn customername medlemsnavn givernavn donorname contact kontakt navne",
    "company": "firma firmanavn virksomhed virksomhedsnavn company companyname organisation "
    "organisationsnavn organization selskab arbejdsplads business arbejdsgiver employer",
    "email": "email emailadresse emailaddress mail mailadresse epost epostadresse mailaddress",
    "address": "adresse address addresse gade vej vejnavn gadenavn street streetaddress "
    "adresselinje adresselinje1 address1 adresse1 addressline1 addressline gadeadresse bopael "
    "postadresse postaladdress street1 vejogny vejnavnognummer hjemmeadresse homeaddress",
    "address2": "adresse2 address2 adresselinje2 addressline2 street2 co stednavn lokalitet etage adresse3 address3",
    "post_code": "postnr postnummer postkode postcode postalcode zip zipcode zipkode postno",
    "city": "by bynavn city town postdistrikt postby poststed byen locality",
    "country": "land country landekode countrycode landkode nation",
    "birth_date": "foedselsdato foedselsdag foedselsdagsdato foedt fodselsdato fodselsdag "
    "birthdate birthday dateofbirth dob born foedselsdt fodt",
    "national_id": "cpr cprnr cprnummer cprno personnummer personnr nationalid ssn "
    "socialsecuritynr personalid foedselsnummer",
    "timezone": "tidszone timezone tz zone",
}
_ROLE_OF = {word: role for role, words in _WHOLE.items() for word in words.split()}
# A phone column is known by any of its words ("Tlf. privat", "Mobil 2"), unless another word says
# that it tells something about a number.
_PHONE = re.compile(
    r"(telefon(nr|nummer|numre)?|tlf(nr|nummer)?|telefontal|mobil(nr|nummer|telefon|tlf)?"
    r"|fastnet(nr|nummer|telefon)?|(privat|hjemme|arbejds|direkte|firma|hoved)(telefon|tlf)(nr)?"
    r"|(tele)?phone(s|number|no|nr)?|mobile(phone|number|no|nr)?|cell(phone)?|msisdn|landline"
    r"|(home|work)phone)\d*"
)
_ABOUT_PHONE = frozenset(
    [
        "dato",
        "date",
        "note",
        "type",
        "kode",
        "code",
        "antal",
        "count",
        "status",
        "samtykke",
        "consent",
        "permission",
        "tid",
        "time",
        "operator",
        "selskab",
        "land",
        "country",
        "kommentar",
        "comment",
        "model",
        "ok",
        "gyldig",
        "valid",
        "id",
    ]
)
_EXTERNAL_ID = re.compile(
    r"(medlems?|member|kunde?|customer|client|klient|donor|giver|bidragyder|bidragsyder|"
    r"abonnements?|abonnent|subscriber|subscription|kontakt|contact|emne|lead|person|debitor|"
    r"account|konto|crm|eksternt?|external|record|sags?|adhaesions|stoette|supporter|bruger|user|"
    r"unikt?|unique)(id|nr|no|num|nummer|number|key|noegle|ref|reference)"
    r"|id|nr|externalleadid|extid|reference|ref|guid|uuid"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A column's likely type (one of columns.TYPES) and role (one of ROLES, or None)."""

    type: str
    role: str | None


def guess_role(header: str) -> str | None:
    """The role that a header names, in Danish or English, or None."""
    words = _words(header)
    joined = "".join(words)
    if role := _ROLE_OF.get(joined):
        return role
    # "Kundens e-mail" and "Email 1": the word at the end counts, a number after it does not.
    trimmed = joined.rstrip("0123456789")
    if role := _ROLE_OF.get(trimmed):
        return role
    if any(_PHONE.fullmatch(w) for w in (*words, joined)) and not _ABOUT_PHONE & set(words):
        return "phone"
    for start in range(1, len(words)):
        role = _ROLE_OF.get("".join(words[start:]))
        if role is not None and words[0] in _OWNERS:
            return role
    return None


_WEAK = frozenset(
    [
        "hjemme",
        "hjem",
        "privat",
        "arbejde",
        "arbejds",
        "job",
        "direkte",
        "home",
        "private",
        "work",
        "office",
        "direct",
        "kontor",
    ]
)
_NUMBERED = frozenset(["nr", "no", "nummer", "number"])
_OWNERS = frozenset(
    [
        "kundens",
        "kunde",
        "medlems",
        "medlem",
        "giver",
        "givers",
        "donor",
        "donors",
        "contact",
        "contacts",
        "kontakt",
        "kontaktens",
        "customer",
        "customers",
        "member",
        "members",
        "primary",
        "primaer",
        "privat",
        "private",
        "hjemme",
        "home",
        "lead",
        "your",
        "din",
        "modtager",
        "personal",
    ]
)


def is_external_id(header: str) -> bool:
    """Whether a header names somebody else's key: `Medlemsnr.`, `Customer ID`, `eksternt id`."""
    return _EXTERNAL_ID.fullmatch("".join(_words(header))) is not None


def guess_column(header: str, values: Iterable[str], *, region: str | None = None) -> Guess:
    """Type and role of a column from its header and some of its cells."""
    role = guess_role(header)
    sample = _sample(values)
    if role == "phone":
        return Guess("phone", "phone")
    if role == "email":
        return Guess("email", "email")
    if role == "birth_date":
        # Kept as text where the dates cannot be read, rather than every row refused.
        return Guess("date" if not sample or _share(sample, "date") >= _MOST else "text", role)
    if role is not None:
        return Guess("text", role)
    if is_external_id(header):
        # An id is unique; where cells repeat, the header meant something else.
        return Guess("external_id" if len(set(sample)) == len(sample) else "text", None)
    kind = _type_of(sample, region)
    return Guess(kind, kind if kind in ("phone", "email") else None)


def guess_columns(
    headers: Sequence[str], cells: Sequence[Iterable[str]], *, region: str | None = None
) -> tuple[Guess, ...]:
    """Type and role of every column of a file: some headers mean a phone only where another column is one, too.

    "Mobil; Hjemme; Arbejde": a landline few people have, or a number that is written any way, is known by its company.
    """
    samples = [_sample(values) for values in cells]
    found = [guess_column(header, sample, region=region) for header, sample in zip(headers, samples, strict=True)]
    beside = any(guess.type == "phone" for guess in found)
    for at, (header, sample) in enumerate(zip(headers, samples, strict=True)):
        if found[at].role is not None or not is_weak_phone(header):
            continue
        likely = sum(phones.may_be_phone(cell, region) for cell in sample)
        if beside and likely >= _HALF * len(sample):
            found[at] = Guess("phone", "phone")
        elif found[at].type == "number" and likely == len(sample) and len({len(cell) for cell in sample}) == 1:
            # Digits that are all as long as a number here are no amounts; what they are, people say.
            found[at] = Guess("text", None)
    return tuple(found)


def is_weak_phone(header: str) -> bool:
    """Whether a header may mean a phone: `Hjemme`, `Privat 2`, `Work no.`"""
    words = [word for word in _words(header) if not word.isdecimal()]
    return any(word in _WEAK for word in words) and all(word in _WEAK or word in _NUMBERED for word in words)


def guess_type(values: Iterable[str], *, region: str | None = None) -> str:
    """The type that nearly all cells have, `text` when none fits or all are empty."""
    return _type_of(_sample(values), region)


def _type_of(sample: list[str], region: str | None) -> str:
    if not sample:
        return "text"
    distinct = set(sample)
    # 1 alone may be a count; 0 and 1 together, or words, are a yes and no.
    numbers = any(cell.isdecimal() for cell in distinct) and not {"0", "1"} <= distinct
    if len(distinct) <= 4 and not numbers and _all(distinct, "bool") is None:
        return "bool"
    # The order matters: what is tried first is what the later ones would take for their own.
    if _share(sample, "email") >= _MOST:
        return "email"
    if _share([cell for cell in sample if "." in cell], "url", of=len(sample)) >= _MOST:
        return "url"
    if sum(phones.looks_like_phone(cell, region) for cell in sample) >= _MOST * len(sample):
        return "phone"
    if _share(sample, "date") >= _MOST:
        return "date"
    if _share(sample, "datetime") >= _MOST:
        return "datetime"
    # 0800 is a post code and 12345678901234567890 a key: as numbers they would lose digits.
    if not any(cell.startswith("0") and cell.isdecimal() and len(cell) > 1 for cell in sample) and (
        _share(sample, "number") >= _MOST
    ):
        return "number"
    if any(len(cell) > columns.MAX_TEXT or "\n" in cell for cell in sample):
        return "long_text"
    return "text"


def _all(cells: Iterable[str], kind: str) -> Fault | None:
    for cell in cells:
        if isinstance(fault := columns.parse(kind, cell), Fault):
            return fault
    return None


def _share(cells: list[str], kind: str, of: int | None = None) -> float:
    good = sum(not isinstance(columns.parse(kind, cell), Fault) for cell in cells)
    return good / (of or len(cells) or 1)


def _sample(values: Iterable[str]) -> list[str]:
    sample: list[str] = []
    for value in values:
        if (cell := value.strip()) and not is_nothing(cell):
            sample.append(cell)
            if len(sample) == _SAMPLE:
                break
    return sample


_CAMEL = re.compile(r"(?<=[a-zæøå])(?=[A-ZÆØÅ])")
_WORD = re.compile(r"[^\W_]+")


def _words(header: str) -> list[str]:
    # Headers are compared in ASCII, so that "Fødselsdato" and "Foedselsdato" are one entry above.
    folded = fold(_CAMEL.sub(" ", header)).replace("æ", "ae").replace("ø", "oe")
    return _WORD.findall(folded)
