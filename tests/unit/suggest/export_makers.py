"""What exports are made of: names, and makers of the values of a column."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

Make = Callable[[int], str]

FIRST = [
    "Asha",
    "Vikram",
    "Meera",
    "Rohan",
    "Divya",
    "Arjun",
    "Kavya",
    "Imran",
    "Nisha",
    "Dev",
    "Leela",
    "Farhan",
    "Tara",
    "Omkar",
    "Zoya",
]
LAST = [
    "Rao",
    "Sharma",
    "Iyer",
    "Khan",
    "Das",
    "Patel",
    "Nair",
    "Singh",
    "Menon",
    "Bose",
    "Kulkarni",
    "Gupta",
    "Joshi",
    "Reddy",
]
GERMAN_FIRST = [
    "Anna",
    "Jürgen",
    "Klara",
    "Björn",
    "Sophie",
    "Lukas",
    "Greta",
    "Moritz",
    "Heike",
    "Stefan",
    "Ute",
    "Karl",
]
GERMAN_LAST = ["Müller", "Schmidt", "Weiß", "Schäfer", "Koch", "Vogel", "Lang", "Krämer", "Brandt", "Jäger", "Keller"]
FRENCH_FIRST = ["Chloé", "Lucas", "Inès", "Hugo", "Zoé", "Théo", "Manon", "Léo", "Élise", "Rémi", "Anaïs", "Noé"]
FRENCH_LAST = [
    "Martin",
    "Dubois",
    "Lefèvre",
    "Moreau",
    "Garnier",
    "Faure",
    "Roux",
    "Blanc",
    "Girard",
    "Petit",
    "Lambert",
]
SPANISH_FIRST = [
    "Lucía",
    "Mateo",
    "Sofía",
    "Diego",
    "Carmen",
    "Iván",
    "Nuria",
    "Álvaro",
    "Elena",
    "Raúl",
    "Pilar",
    "Óscar",
]
SPANISH_LAST = ["García", "López", "Núñez", "Muñoz", "Ibáñez", "Serrano", "Vidal", "Castro", "Romero", "Peña", "Gil"]
ENGLISH_FIRST = ["Grace", "Owen", "Ruby", "Caleb", "Ivy", "Miles", "Nora", "Felix", "June", "Eli", "Hazel", "Theo"]
ENGLISH_LAST = ["Baker", "Turner", "Brooks", "Hayes", "Coleman", "Price", "Foster", "Wells", "Porter", "Reed", "Lane"]
CITIES = ("Pune", "Kochi", "Jaipur", "Mysuru", "Delhi", "Surat")
COMPANIES = ("Acme Traders", "Blue Lotus Foods", "Nimbus Labs", "Orchid Textiles", "Vertex Steel")
NOTES = ("asked for the fee plan", "call again after exams", "wants a hostel room", "", "will visit with parents", "")


@dataclass(frozen=True)
class Export:
    """One file. ``columns`` are heading, maker of the values and what is expected, in the order of the file."""

    name: str
    target: str
    columns: tuple[tuple[str, Make, str], ...]
    rows: int = 40
    delimiter: str = ","
    settings: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """The file in ``folder``."""
        path = folder / f"{self.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=self.delimiter)
            writer.writerow([heading for heading, _, _ in self.columns])
            writer.writerows([make(row) for _, make, _ in self.columns] for row in range(self.rows))
        return path

    @property
    def expected(self) -> dict[str, str]:
        """What is expected of each column, by its heading."""
        return {heading: wanted for heading, _, wanted in self.columns}


def pick(*values: str, step: int = 1) -> Make:
    """The values in turn."""
    return lambda row: values[(row * step + row // len(values)) % len(values)]


def number(first: int, step: int, modulus: int = 10**9) -> Make:
    """An arithmetic row of whole numbers."""
    return lambda row: str(first + row * step % modulus)


def moment(form: str, hours: int = 31, days: int = 0) -> Make:
    """Times that advance by ``hours`` and ``days`` from 3 February 2025 on."""
    return lambda row: (datetime(2025, 2, 3, 9, 5, 11) + timedelta(hours=hours, days=days) * row).strftime(form)


def early(form: str) -> Make:
    """Times on the first twelve days of a month, never the month's own number."""
    return lambda row: datetime(2025, row % 12 + 1, (row + 4) % 12 + 1, 8 + row % 12, 15).strftime(form)


def mail(names: list[str], domain: str = "example.com") -> Make:
    """A different address in each row."""
    plain = str.maketrans("äöüßéèïëóíúáñÁÉÓ", "aousseieoiuanAEO"[:16])
    return lambda row: f"{names[row % len(names)].translate(plain).lower()}.{row}@{domain}"


def ident(kind: str) -> Make:
    """A different id of LeadSquared's form in each row."""
    return lambda row: str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://{kind}.example/{row}"))


def phone(form: str) -> Make:
    """A phone number; ``#`` stands for a digit."""

    def make(row: int) -> str:
        digits = iter(f"{(row + 3) * 7919 % 10**9:09d}{row:03d}")
        return "".join(next(digits) if character == "#" else character for character in form)

    return make


def both(first: list[str], last: list[str]) -> Make:
    """Whole names of two words."""
    return lambda row: f"{first[row % len(first)]} {last[row * 3 % len(last)]}"
