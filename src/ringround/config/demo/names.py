"""Made-up people. Numbers are of +45 67 and +45 68, series that no operator in Denmark has been given; e-mail addresses
end in example.org. So nobody can be reached by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

FIRST = (
    "Anne", "Mette", "Kirsten", "Hanne", "Anna", "Helle", "Susanne", "Lene", "Maria", "Marianne", "Inge",
    "Karen", "Lone", "Camilla", "Pia", "Louise", "Charlotte", "Jette", "Tina", "Gitte", "Ida", "Emma",
    "Sofie", "Freja", "Clara", "Laura", "Mathilde", "Signe", "Åse", "Bodil", "Birgitte", "Ulla", "Dorthe",
    "Rikke", "Trine", "Line", "Cecilie", "Julie", "Nanna", "Sanne", "Peter", "Michael", "Jens", "Lars",
    "Thomas", "Henrik", "Søren", "Christian", "Jan", "Martin", "Niels", "Anders", "Morten", "Jesper", "Mads",
    "Rasmus", "Per", "Hans", "Ole", "Jørgen", "William", "Noah", "Oscar", "Emil", "Magnus", "Malthe",
    "August", "Viggo", "Åge", "Øjvind", "Knud", "Torben", "Bent", "Bjarne", "Steen", "Flemming", "Kasper",
    "Simon", "Jonas", "Asger",
)  # fmt: skip
LAST = (
    "Nielsen", "Jensen", "Hansen", "Pedersen", "Andersen", "Christensen", "Larsen", "Sørensen", "Rasmussen",
    "Jørgensen", "Petersen", "Madsen", "Kristensen", "Olsen", "Thomsen", "Christiansen", "Poulsen",
    "Johansen", "Møller", "Mortensen", "Knudsen", "Jakobsen", "Mikkelsen", "Lund", "Holm", "Østergaard",
    "Ørum", "Ågård", "Aagaard", "Dahl", "Kjær", "Bach", "Friis", "Vestergaard", "Bruun", "Bak", "Winther",
    "Skov", "Iversen", "Nygaard", "Lauridsen", "Eriksen", "Frandsen", "Toft", "Bech", "Krogh", "Berg", "Hald",
)  # fmt: skip
CITIES = (
    ("1050", "København K"), ("2100", "København Ø"), ("2200", "København N"), ("2300", "København S"),
    ("2500", "Valby"), ("2800", "Kongens Lyngby"), ("3000", "Helsingør"), ("3400", "Hillerød"),
    ("4000", "Roskilde"), ("4100", "Ringsted"), ("4600", "Køge"), ("4700", "Næstved"), ("4800", "Nykøbing F"),
    ("5000", "Odense C"), ("5700", "Svendborg"), ("6000", "Kolding"), ("6400", "Sønderborg"), ("6700", "Esbjerg"),
    ("7100", "Vejle"), ("7400", "Herning"), ("7800", "Skive"), ("8000", "Aarhus C"), ("8200", "Aarhus N"),
    ("8600", "Silkeborg"), ("8700", "Horsens"), ("8800", "Viborg"), ("8900", "Randers C"), ("9000", "Aalborg"),
    ("9500", "Hobro"), ("9800", "Hjørring"), ("9900", "Frederikshavn"), ("3700", "Rønne"),
)  # fmt: skip
STREETS = (
    "Strandvejen", "Bøgevej", "Egevej", "Birkevej", "Skovvej", "Møllevej", "Kirkevej", "Skolegade",
    "Nørregade", "Søndergade", "Østergade", "Vestergade", "Ågade", "Havnegade", "Lærkevej", "Rosenvej",
    "Enghavevej", "Parkvej", "Industrivej", "Præstevænget", "Kærvej", "Damvej", "Solbakken", "Tværvej",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    first: str
    last: str
    mobile: str
    home: str
    email: str
    address: str
    post_code: str
    city: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


def people(n: int, seed: int) -> list[Person]:
    """`n` people, the same for the same seed; numbers are unique over all seeds below 10."""
    dice = Random(seed)
    numbers = dice.sample(range(100_000), n)
    made = []
    for number in numbers:
        first, last = dice.choice(FIRST), dice.choice(LAST)
        post_code, city = dice.choice(CITIES)
        mobile = f"67{(seed * 100_000 + number) % 1_000_000:06d}"
        home = f"68{(seed * 100_000 + number) % 1_000_000:06d}" if dice.random() < 0.35 else ""
        address = f"{dice.choice(STREETS)} {dice.randint(1, 180)}" + (
            f", {dice.randint(1, 5)}. tv." if dice.random() < 0.2 else ""
        )
        mail = f"{_plain(first)}.{_plain(last)}{number}@example.org" if dice.random() < 0.7 else ""
        made.append(Person(first, last, mobile, home, mail, address, post_code, city))
    return made


def written(number: str, dice: Random) -> str:
    """A number as somebody may have typed it."""
    if not number:
        return ""
    pairs = [number[at : at + 2] for at in range(0, 8, 2)]
    return dice.choice(
        (
            number,
            " ".join(pairs),
            f"+45 {' '.join(pairs)}",
            f"0045{number}",
            "-".join(pairs),
            f"{number[:4]} {number[4:]}",
        )
    )


def _plain(name: str) -> str:
    return name.lower().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
