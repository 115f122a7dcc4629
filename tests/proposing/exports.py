"""Exports as tools of the trade write them, made by arithmetic, with the mapping that a person would write for each.

What is expected of a column is written as ``section.Field type format``; ``text`` may be left out. Two fields from one
column have a ``+`` between them. ``ignore`` means: not sent; ``ask`` means: left to the person, with the choices.
"""

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


EXPORTS: tuple[Export, ...] = (
    Export(
        "zoom-webinar-attendees",
        "activity-by-email",
        (
            ("Attended", pick("Yes", "Yes", "No"), "ignore"),
            ("User Name (Original Name)", both(ENGLISH_FIRST, ENGLISH_LAST), "ignore"),
            ("First Name", pick(*ENGLISH_FIRST), "activity.FirstName"),
            ("Last Name", pick(*ENGLISH_LAST), "activity.LastName"),
            ("Email", mail(ENGLISH_FIRST), "activity.EmailAddress email"),
            ("Country/Region Name", pick("United States", "Canada"), "ignore"),
            ("Phone", phone("(415) 555-01##"), "activity.Phone phone"),
            ("Registration Time", moment("%m/%d/%Y %I:%M:%S %p", 5), "ignore"),
            ("Approval Status", pick("approved", "pending"), "ignore"),
            ("Join Time", moment("%m/%d/%Y %I:%M:%S %p"), "activity.ActivityDateTime datetime %m/%d/%Y %I:%M:%S %p"),
            ("Leave Time", moment("%m/%d/%Y %I:%M:%S %p", 32), "ignore"),
            ("Time in Session (minutes)", number(3, 7, 55), "ignore"),
            ("Is Guest", pick("No", "Yes"), "ignore"),
        ),
        rows=36,
    ),
    Export(
        "messe-badge-scan",
        "activity-by-email",
        (
            ("Vorname", pick(*GERMAN_FIRST), "activity.FirstName"),
            ("Nachname", pick(*GERMAN_LAST), "activity.LastName"),
            ("Firma", pick("Nordwerk GmbH", "Alpen Technik AG", "Hafen Logistik"), "ignore"),
            ("Position", pick("Einkauf", "Leitung", "Technik"), "ignore"),
            ("E-Mail-Adresse", mail(GERMAN_FIRST, "firma.example"), "activity.EmailAddress email"),
            ("Telefon", phone("+49 151 2######"), "activity.Phone phone"),
            ("PLZ", number(10115, 797, 80000), "ignore"),
            ("Ort", pick("Köln", "Ulm", "Kiel", "Gera"), "ignore"),
            ("Land", pick("Deutschland", "Österreich"), "ignore"),
            ("Gescannt am", moment("%d.%m.%Y %H:%M"), "activity.ActivityDateTime datetime %d.%m.%Y %H:%M"),
            ("Gescannt von", pick("Stand 1", "Stand 2"), "ignore"),
            ("Bewertung", pick("A", "B", "C"), "ignore"),
            ("Bemerkung", pick("will Angebot", "Katalog senden", "", "ruft zurück"), "activity.ActivityNote"),
        ),
        delimiter=";",
    ),
    Export(
        "facebook-lead-ads",
        "capture-lead",
        (
            ("id", number(1200349871234567, 91), "ignore"),
            ("created_time", moment("%Y-%m-%dT%H:%M:%S+05:30"), "ignore"),
            ("ad_id", number(1202098711, 13), "ignore"),
            ("ad_name", pick("Carousel A", "Video B"), "ignore"),
            ("adset_name", pick("Pune 18-24", "Delhi 18-24"), "ignore"),
            ("campaign_id", pick("120209000111", "120209000222"), "ignore"),
            ("campaign_name", pick("MBA Intake 25", "Design Intake 25"), "lead.SourceCampaign"),
            ("form_name", pick("Enquiry short", "Enquiry long"), "ignore"),
            ("is_organic", pick("false", "true", "false"), "ignore"),
            ("platform", pick("fb", "ig"), "lead.Source"),
            ("full_name", both(FIRST, LAST), "lead.FirstName+LastName"),
            ("email", mail(FIRST), "lead.EmailAddress email"),
            ("phone_number", phone("+9198########"), "lead.Phone phone"),
            ("city", pick(*CITIES), "lead.mx_City"),
        ),
        rows=50,
    ),
    Export(
        "linkedin-lead-gen",
        "capture-lead",
        (
            ("First name", pick(*ENGLISH_FIRST), "lead.FirstName"),
            ("Last name", pick(*ENGLISH_LAST), "lead.LastName"),
            ("Work email", mail(ENGLISH_FIRST, "corp.example"), "lead.EmailAddress email"),
            ("Company name", pick(*COMPANIES), "lead.Company"),
            ("Job title", pick("Head of People", "Analyst", "Plant Manager"), "lead.JobTitle"),
            ("Country", pick("Ireland", "United Kingdom"), "lead.mx_Country"),
            ("LinkedIn profile", lambda row: f"https://www.linkedin.example/in/person-{row}", "lead.LinkedInId"),
            ("Campaign Name", pick("Autumn Leaders", "Spring Leaders"), "lead.SourceCampaign"),
            ("Lead created at", moment("%d %b %Y, %H:%M"), "ignore"),
        ),
        rows=30,
    ),
    Export(
        "dialler-call-log",
        "bulk-activities-by-lead-id",
        (
            ("Call ID", number(880001, 3), "ignore"),
            ("Lead ID", ident("lead"), "activity.RelatedProspectId uuid"),
            ("Agent Name", pick("Sunita Shah", "Peter Lobo"), "ignore"),
            ("Agent Email", pick("sunita@desk.example", "peter@desk.example"), "activity.ActivityOwnerEmail email"),
            ("Call Start Time", moment("%d-%m-%Y %H:%M:%S"), "activity.ActivityDateTime datetime %d-%m-%Y %H:%M:%S"),
            ("Call End Time", moment("%d-%m-%Y %H:%M:%S", 31), "ignore"),
            ("Duration (sec)", number(12, 37, 600), "ignore"),
            ("Direction", pick("Outbound", "Inbound"), "ignore"),
            ("Disposition", pick("Interested", "Not reachable", "Call back"), "ignore"),
            ("Customer Number", phone("98########"), "ignore"),
            ("Remarks", pick(*NOTES), "activity.ActivityNote"),
        ),
        rows=60,
    ),
    Export(
        "google-form-responses",
        "capture-lead",
        (
            ("Timestamp", moment("%m/%d/%Y %H:%M:%S"), "ignore"),
            ("Email Address", mail(FIRST), "lead.EmailAddress email"),
            ("Your full name", both(FIRST, LAST), "lead.FirstName+LastName"),
            ("Mobile number (with WhatsApp)", phone("98########"), "lead.Phone phone"),
            ("Which course are you interested in?", pick("Data Science", "Design", "Finance"), "ignore"),
            ("City of residence", pick(*CITIES), "lead.mx_City"),
            ("How did you hear about us?", pick("Friend", "Instagram", "Newspaper"), "lead.Source"),
            ("Any comments?", pick(*NOTES), "lead.Notes"),
        ),
        rows=35,
    ),
    Export(
        "other-crm-leads",
        "capture-lead",
        (
            ("Lead ID", lambda row: f"00Q5g00000{row:05d}EAA", "ignore"),
            ("First Name", pick(*ENGLISH_FIRST), "lead.FirstName"),
            ("Last Name", pick(*ENGLISH_LAST), "lead.LastName"),
            ("Title", pick("Director", "Buyer", "Owner"), "lead.JobTitle"),
            ("Company / Account", pick(*COMPANIES), "lead.Company"),
            ("Email", mail(ENGLISH_FIRST), "lead.EmailAddress email"),
            ("Phone", phone("+1 212-555-01##"), "lead.Phone phone"),
            ("Mobile", phone("+1 917-555-01##"), "lead.Mobile phone"),
            ("Street", lambda row: f"{row + 11} Harbor Road", "lead.mx_Street1"),
            ("City", pick("Boston", "Salem"), "lead.mx_City"),
            ("State/Province", pick("MA", "NY"), "lead.mx_State"),
            ("Zip/Postal Code", number(2101, 17), "lead.mx_Zip"),
            ("Country", pick("United States", "Canada"), "lead.mx_Country"),
            ("Website", lambda row: f"www.site{row}.example.com", "lead.Website"),
            ("Lead Source", pick("Web", "Partner", "Trade show"), "lead.Source"),
            ("Lead Status", pick("Open", "Contacted", "Qualified"), "lead.ProspectStage"),
            ("Lead Owner", pick("Jamie Fox", "Robin Hart"), "ignore"),
            ("Rating", pick("Hot", "Warm", "Cold"), "ignore"),
            ("Created Date", moment("%m/%d/%Y", 40), "ignore"),
            ("Unsubscribed", pick("0", "1", "0"), "lead.DoNotEmail boolean"),
        ),
    ),
    Export(
        "leadsquared-lead-export",
        "bulk-upsert-leads",
        (
            ("Prospect Id", ident("prospect"), "lead.ProspectID uuid"),
            ("First Name", pick(*FIRST), "lead.FirstName"),
            ("Last Name", pick(*LAST), "lead.LastName"),
            ("Email", mail(FIRST), "lead.EmailAddress email"),
            ("Phone Number", phone("+91-98########"), "lead.Phone phone"),
            ("Lead Stage", pick("Prospect", "Opportunity", "Customer"), "lead.ProspectStage"),
            ("Lead Score", number(0, 9, 100), "ignore"),
            ("Owner", pick("Sanjay Kulkarni", "Priya Menon"), "ignore"),
            ("Created On", moment("%Y-%m-%d %H:%M:%S"), "ignore"),
            ("Modified On", moment("%Y-%m-%d %H:%M:%S", 33), "ignore"),
            ("City", pick(*CITIES), "lead.mx_City"),
            ("Job Title", pick("Student", "Analyst", "Nurse"), "lead.JobTitle"),
        ),
        rows=45,
    ),
    Export(
        "visites-magasin",
        "activity-by-email",
        (
            ("Nom", pick(*FRENCH_LAST), "activity.LastName"),
            ("Prénom", pick(*FRENCH_FIRST), "activity.FirstName"),
            ("Courriel", mail(FRENCH_FIRST), "activity.EmailAddress email"),
            ("Téléphone portable", phone("06 ## ## ## ##"), "activity.Phone phone"),
            ("Ville", pick("Lyon", "Nantes", "Lille"), "ignore"),
            ("Code postal", number(59000, 113, 9000), "ignore"),
            ("Magasin", pick("Centre", "Gare"), "ignore"),
            ("Date de visite", moment("%d/%m/%Y"), "activity.ActivityDateTime datetime %d/%m/%Y %H:%M"),
            ("Montant", lambda row: f"{row * 7 % 90 + 10},50", "ignore"),
            ("Vendeur", pick("Paul Simon", "Marie Roche"), "ignore"),
            ("Commentaires", pick("a demandé un devis", "", "revient samedi"), "activity.ActivityNote"),
        ),
        delimiter=";",
        settings={"country": "FR", "time_zone": "Europe/Paris"},
    ),
    Export(
        "newsletter-opens",
        "activity-by-email",
        (
            ("Email Address", mail(ENGLISH_FIRST), "activity.EmailAddress email"),
            ("First Name", pick(*ENGLISH_FIRST), "activity.FirstName"),
            ("Last Name", pick(*ENGLISH_LAST), "activity.LastName"),
            ("Campaign Title", pick("March letter", "April letter"), "ignore"),
            ("Opened At", moment("%Y-%m-%d %H:%M:%S UTC"), "activity.ActivityDateTime datetime %Y-%m-%d %H:%M:%S UTC"),
            ("Opens", number(1, 1, 6), "ignore"),
            ("Clicks", number(0, 1, 4), "ignore"),
            ("Member Rating", number(1, 1, 5), "ignore"),
        ),
        rows=60,
    ),
    Export(
        "fees-bhugtan",
        "activity-by-email",
        (
            ("Vidyarthi ka naam", both(FIRST, LAST), "activity.FirstName+LastName"),
            ("Mobile nambar", phone("98########"), "activity.Phone phone"),
            ("Email", mail(FIRST), "activity.EmailAddress email"),
            ("Bhugtan ki tithi", moment("%d/%m/%Y"), "activity.ActivityDateTime datetime %d/%m/%Y %H:%M"),
            ("Rashi", number(2500, 500, 20000), "ignore"),
            ("Raseed sankhya", lambda row: f"R-2025-{row:04d}", "ignore"),
            ("Madhyam", pick("UPI", "Card", "NEFT"), "ignore"),
            ("Tippani", pick("pehli kist", "", "der se bhugtan"), "activity.ActivityNote"),
        ),
        settings={"country": "IN", "time_zone": "Asia/Kolkata"},
    ),
    Export(
        "llamadas-marzo",
        "activity-by-email",
        (
            ("Nombre", pick(*SPANISH_FIRST), "activity.FirstName"),
            ("Apellidos", pick(*SPANISH_LAST), "activity.LastName"),
            ("Correo electrónico", mail(SPANISH_FIRST), "activity.EmailAddress email"),
            ("Teléfono móvil", phone("6## ### ###"), "activity.Phone phone"),
            ("Ciudad", pick("Bilbao", "Sevilla", "Murcia"), "ignore"),
            ("Provincia", pick("Vizcaya", "Sevilla"), "ignore"),
            ("Fecha de llamada", moment("%d/%m/%Y %H:%M"), "activity.ActivityDateTime datetime %d/%m/%Y %H:%M"),
            ("Duración", number(20, 31, 500), "ignore"),
            ("Resultado", pick("Interesado", "No contesta"), "ignore"),
            ("Agente", pick("Marta", "Luis"), "ignore"),
            ("Observaciones", pick("pide información", "", "llamar por la tarde"), "activity.ActivityNote"),
        ),
        delimiter=";",
        settings={"country": "ES"},
    ),
    Export(
        "inscricoes-curso",
        "capture-lead",
        (
            ("Nome completo", lambda row: f"{SPANISH_FIRST[row % 12]} da {SPANISH_LAST[row % 11]}", "lead.FirstName"),
            ("E-mail", mail(SPANISH_FIRST), "lead.EmailAddress email"),
            ("Celular", phone("(11) 9####-####"), "lead.Phone phone"),
            ("Cidade", pick("Recife", "Santos", "Natal"), "lead.mx_City"),
            ("UF", pick("PE", "SP", "RN"), "lead.mx_State"),
            ("CEP", lambda row: f"{50000 + row * 37:05d}-{row * 7 % 1000:03d}", "lead.mx_Zip"),
            ("Data de cadastro", moment("%d/%m/%Y %H:%M"), "ignore"),
            ("Data de nascimento", moment("%d/%m/%Y", 0, -190), "ignore"),
            ("Curso de interesse", pick("Direito", "Design", "Enfermagem"), "ignore"),
            ("Origem", pick("Instagram", "Google", "Indicação"), "lead.Source"),
            ("Mensagem", pick("quero saber o preço", "", "tem bolsa?"), "lead.Notes"),
        ),
        settings={"country": "BR"},
    ),
    Export(
        "open-house-visits",
        "activity-by-email",
        (
            ("Guest name", both(ENGLISH_FIRST, ENGLISH_LAST), "activity.FirstName+LastName"),
            ("E-mail", mail(ENGLISH_FIRST), "activity.EmailAddress email"),
            ("Cell phone", phone("+1 646 555 01##"), "activity.Phone phone"),
            ("Visit date", early("%m/%d/%Y %H:%M"), "ask"),
            ("Party size", number(1, 1, 5), "ignore"),
            ("Staff notes", pick("liked the lab", "", "asked for aid"), "activity.ActivityNote"),
        ),
        rows=24,
    ),
    Export(
        "website-chats",
        "activity-by-email",
        (
            ("Visitor Name", both(FIRST, LAST), "activity.FirstName+LastName"),
            ("Visitor Email", mail(FIRST), "activity.EmailAddress email"),
            ("Started at", moment("%Y-%m-%dT%H:%M:%SZ"), "activity.ActivityDateTime datetime %Y-%m-%dT%H:%M:%S%z"),
            ("Ended at", moment("%Y-%m-%dT%H:%M:%SZ", 32), "ignore"),
            ("Operator", pick("Desk one", "Desk two"), "ignore"),
            ("Operator Email", pick("one@desk.example", "two@desk.example"), "ignore"),
            ("Page URL", lambda row: f"https://www.example.com/course/{row}", "ignore"),
            ("IP Address", lambda row: f"203.0.113.{row}", "ignore"),
            ("Chat Rating", number(1, 2, 5), "ignore"),
            ("Summary", pick("fees", "hostel and food", "how to apply"), "activity.ActivityNote"),
        ),
    ),
    Export(
        "walk-in-register",
        "capture-lead",
        (
            ("Sl. No.", number(1, 1), "ignore"),
            ("Frist Name", pick(*FIRST), "lead.FirstName"),
            ("Sur name", pick(*LAST), "lead.LastName"),
            ("Emial ID", mail(FIRST), "lead.EmailAddress email"),
            ("Moblie No", phone("98########"), "lead.Phone phone"),
            ("Fathers Name", both(LAST, FIRST), "ignore"),
            ("Father's Mobile", phone("97########"), "ignore"),
            ("Adress", lambda row: f"{row + 3}, Station Road, Ward {row % 9}", "lead.mx_Street1"),
            ("Pincode", number(411001, 3), "lead.mx_Zip"),
            ("DOB", moment("%d-%m-%Y", 0, -201), "ignore"),
            ("Gender", pick("F", "M"), "ignore"),
            ("Remraks", pick(*NOTES), "lead.Notes"),
        ),
        settings={"country": "IN"},
    ),
    Export(
        "contactformulier",
        "capture-lead",
        (
            ("Voornaam", pick(*GERMAN_FIRST), "lead.FirstName"),
            ("Achternaam", pick(*GERMAN_LAST), "lead.LastName"),
            ("E-mailadres", mail(GERMAN_FIRST, "mail.example"), "lead.EmailAddress email"),
            ("Telefoonnummer", phone("06-2#######"), "lead.Phone phone"),
            ("Postcode", lambda row: f"{1011 + row} AB", "lead.mx_Zip"),
            ("Woonplaats", pick("Delft", "Gouda", "Breda"), "lead.mx_City"),
            ("Nieuwsbrief", pick("ja", "nee"), "ignore"),
            ("Opmerkingen", pick("graag bellen", "", "wil brochure"), "lead.Notes"),
        ),
        rows=20,
        settings={"country": "NL"},
    ),
    Export(
        "landing-page-utm",
        "capture-lead",
        (
            ("Name", both(FIRST, LAST), "lead.FirstName+LastName"),
            ("Email ID", mail(FIRST), "lead.EmailAddress email"),
            ("Contact No.", phone("+91 98### #####"), "lead.Phone phone"),
            ("utm_source", pick("google", "meta", "bing"), "lead.Source"),
            ("utm_medium", pick("cpc", "social"), "lead.SourceMedium"),
            ("utm_campaign", pick("mba25", "design25"), "lead.SourceCampaign"),
            ("utm_content", pick("a", "b"), "lead.SourceContent"),
            ("utm_term", pick("mba pune", "design college"), "ignore"),
            ("gclid", lambda row: f"Cj0KCQiA{row * 7919:08x}BhC", "ignore"),
            ("Landing Page", lambda row: f"https://go.example.com/p{row % 3}", "ignore"),
            ("Submitted At", moment("%d/%m/%Y %I:%M %p"), "ignore"),
        ),
        rows=48,
    ),
    Export(
        "dump-without-names",
        "capture-lead",
        (
            ("F1", number(1, 1), "ignore"),
            ("F2", pick(*FIRST), "ignore"),
            ("F3", mail(FIRST), "lead.EmailAddress email"),
            ("F4", phone("+91 98### #####"), "lead.Phone phone"),
            ("F5", pick("x1", "x2", "x3"), "ignore"),
            ("F6", moment("%Y-%m-%d"), "ignore"),
        ),
        rows=25,
    ),
    Export(
        "whatsapp-replies",
        "bulk-activities-by-lead-field",
        (
            ("Mobile Number", phone("91 98### #####"), "activity.SearchByValue phone"),
            ("Contact Name", pick(*FIRST), "ignore"),
            ("Sent At", moment("%d %B %Y %I:%M %p"), "activity.ActivityDateTime datetime %d %B %Y %I:%M %p"),
            ("Template", pick("fees_v2", "visit_v1"), "ignore"),
            ("Delivery Status", pick("read", "delivered"), "ignore"),
            ("Message", pick("Your seat is held", "Visit us on Sunday"), "activity.ActivityNote"),
        ),
        settings={"country": "IN", "time_zone": "Asia/Kolkata"},
    ),
    Export(
        "ivr-calls",
        "bulk-activities-by-lead-field",
        (
            ("S.No", number(1, 1), "ignore"),
            ("Caller No", phone("98########"), "activity.SearchByValue phone"),
            ("Called No", pick("02040001000", "02040001001"), "ignore"),
            ("Date", moment("%d-%b-%y"), "activity.ActivityDateTime datetime %d-%b-%y %H:%M:%S"),
            ("Time", moment("%H:%M:%S"), "activity.ActivityDateTime datetime %d-%b-%y %H:%M:%S"),
            ("Circle", pick("Maharashtra", "Delhi"), "ignore"),
            ("Duration", number(3, 2, 60), "ignore"),
            ("Status", pick("Missed", "Answered"), "ignore"),
        ),
        settings={"country": "IN", "time_zone": "Asia/Kolkata"},
    ),
    Export(
        "inscriptions-salon",
        "activity-by-email",
        (
            ("Civilité", pick("M.", "Mme"), "ignore"),
            ("NOM", pick(*[name.upper() for name in FRENCH_LAST]), "activity.LastName"),
            ("PRENOM", pick(*FRENCH_FIRST), "activity.FirstName"),
            ("Adresse email", mail(FRENCH_FIRST), "activity.EmailAddress email"),
            ("Tél.", phone("06########"), "activity.Phone phone"),
            ("Entreprise", pick("Nova SA", "Rive SARL"), "ignore"),
            ("Fonction", pick("Directeur", "Acheteuse"), "ignore"),
            ("CP", number(59000, 113, 9000), "ignore"),
            ("VILLE", pick("Lyon", "Nantes"), "ignore"),
            (
                "Date et heure de passage",
                moment("%d/%m/%Y %Hh%M"),
                "activity.ActivityDateTime datetime %d/%m/%Y %Hh%M",
            ),
            ("Stand", pick("A1", "B2"), "ignore"),
            ("Consentement", pick("oui", "non"), "ignore"),
        ),
        settings={"country": "FR"},
    ),
    Export(
        "shop-customers",
        "capture-lead",
        (
            ("Customer ID", number(77001, 7), "ignore"),
            ("First Name", pick(*FIRST), "lead.FirstName"),
            ("Last Name", pick(*LAST), "lead.LastName"),
            ("Email", mail(FIRST), "lead.EmailAddress email"),
            ("Accepts Email Marketing", pick("yes", "no"), "ignore"),
            ("Default Address Company", pick(*COMPANIES), "lead.Company"),
            ("Default Address Address1", lambda row: f"{row} MG Road", "lead.mx_Street1"),
            ("Default Address City", pick(*CITIES), "lead.mx_City"),
            ("Default Address Province Code", pick("MH", "KA"), "lead.mx_State"),
            ("Default Address Zip", number(411001, 3), "lead.mx_Zip"),
            ("Phone", phone("+9198########"), "lead.Phone phone"),
            ("Total Spent", lambda row: f"{row * 10}.00", "ignore"),
            ("Total Orders", number(0, 1, 9), "ignore"),
            ("Note", pick("vip", "", "pays late"), "lead.Notes"),
            ("Tags", pick("vip", "new"), "ignore"),
        ),
    ),
    Export(
        "misleading-headings",
        "capture-lead",
        (
            ("Company Size", pick("1-10", "11-50"), "ignore"),
            ("Email Status", pick("Verified", "Bounced"), "ignore"),
            ("Phone verified", pick("Yes", "No"), "ignore"),
            ("Name", pick("Data Science 101", "Design Basics 2"), "ignore"),
            ("State", pick("Completed", "Pending"), "ignore"),
            ("Contact", pick("Sunita", "Peter"), "ignore"),
            ("Support Email", pick("help@desk.example"), "ignore"),
            ("Country Code", pick("91", "44"), "ignore"),
            ("City Code", pick("PNQ", "DEL"), "ignore"),
            ("Message ID", ident("message"), "ignore"),
            ("Zip File", pick("a.zip", "b.zip"), "ignore"),
            ("Mobile App", pick("Yes", "No"), "ignore"),
            ("Last Visit", moment("%d/%m/%Y"), "ignore"),
            ("Land", number(4, 1, 99), "ignore"),
            ("Account ID", ident("account"), "ignore"),
            ("Mail", mail(FIRST), "lead.EmailAddress email"),
        ),
    ),
    Export(
        "portal-enquiries",
        "capture-lead",
        (
            ("SENDER_NAME", both(FIRST, LAST), "lead.FirstName+LastName"),
            ("SENDER_EMAIL", mail(FIRST), "lead.EmailAddress email"),
            ("SENDER_MOBILE", phone("+91-98########"), "lead.Phone phone"),
            ("SENDER_COMPANY", pick(*COMPANIES), "lead.Company"),
            ("SENDER_CITY", pick(*CITIES), "lead.mx_City"),
            ("SENDER_STATE", pick("Kerala", "Goa"), "lead.mx_State"),
            ("SENDER_COUNTRY_ISO", pick("IN", "AE"), "lead.mx_Country"),
            ("QUERY_PRODUCT_NAME", pick("Pump", "Valve"), "ignore"),
            ("QUERY_MESSAGE", pick("need price", "bulk order"), "lead.Notes"),
            ("QUERY_TIME", moment("%Y-%m-%d %H:%M:%S"), "ignore"),
        ),
    ),
    Export(
        "ragister",
        "capture-lead",
        (
            ("पूरा नाम", both(FIRST, LAST), "lead.FirstName+LastName"),
            ("मोबाइल नंबर", phone("98########"), "lead.Phone phone"),
            ("ईमेल", mail(FIRST), "lead.EmailAddress email"),
            ("शहर", pick(*CITIES), "lead.mx_City"),
            ("राज्य", pick("Kerala", "Goa"), "lead.mx_State"),
            ("दिनांक", moment("%d-%m-%Y"), "ignore"),
            ("टिप्पणी", pick("फीस पूछी", ""), "lead.Notes"),
        ),
        settings={"country": "IN"},
    ),
    Export(
        "visite-fiera",
        "activity-by-email",
        (
            ("Cognome", pick(*SPANISH_LAST), "activity.LastName"),
            ("Nome", pick(*SPANISH_FIRST), "activity.FirstName"),
            ("Indirizzo email", mail(SPANISH_FIRST), "activity.EmailAddress email"),
            ("Cellulare", phone("+39 347 #######"), "activity.Phone phone"),
            ("Azienda", pick("Alfa Srl", "Beta Spa"), "ignore"),
            ("Data della visita", moment("%d/%m/%Y"), "activity.ActivityDateTime datetime %d/%m/%Y %H:%M"),
            ("Ora", moment("%H:%M"), "activity.ActivityDateTime datetime %d/%m/%Y %H:%M"),
            ("Note", pick("richiamare", "", "vuole un preventivo"), "activity.ActivityNote"),
            ("Privacy", pick("sì", "no"), "ignore"),
        ),
    ),
)
