"""Things that many accounts have a field of their own for, with other names for the same thing."""

from __future__ import annotations

from collections.abc import Iterator

from importer.suggest.fields import split_names
from importer.suggest.headings import QUALIFIED, likeness

_GROUPS = tuple(
    split_names(names)
    for names in (
        """date of birth | birth date | birthdate | dob | born on | born | birthday | geburtsdatum | geboren am |
        date de naissance | fecha de nacimiento | data de nascimento | data di nascita | geboortedatum |
        tanggal lahir | janm tithi""",
        "gender | sex | geschlecht | sexe | sexo | genero | ling",
        """course | course name | course interested | interested course | course of interest | program | programme |
        program of interest | interested in | course applied for | kurs | studiengang | formation | curso |
        curso de interes | curso de interesse""",
        "student number | student no | student id | roll number | roll no | enrolment number | matrikelnummer",
        "amount | amount paid | fee amount | value | total | betrag | montant | importe | monto | valor | rashi",
        """payment mode | mode of payment | mode | paid by | payment method | zahlungsart | mode de paiement |
        forma de pago | forma de pagamento""",
        """receipt | receipt number | receipt no | transaction id | transaction number | beleg | belegnummer | recu |
        recibo | raseed""",
        "duration | call duration | duration seconds | talk time | dauer | gesprachsdauer | duree | duracion | duracao",
        """outcome | call outcome | result | disposition | call disposition | call status | ergebnis | resultat |
        resultado""",
        "store | store name | shop | branch | branch name | outlet | filiale | magasin | tienda | loja",
        "product | product name | item | produkt | produit | producto | produto",
        "quantity | qty | items | number of items | units | anzahl | menge | quantite | cantidad | quantidade",
        "score | points | lead score | marks | punkte | note obtenue | puntaje | pontuacao",
        "qualification | education | highest qualification | degree | abschluss | diplome | formacion | escolaridade",
        "age | alter | edad | idade",
        "language | preferred language | sprache | langue | idioma | bhasha",
        "budget | price range | presupuesto | orcamento",
        "newsletter | newsletter consent | subscribe to newsletter | nieuwsbrief | boletin | infolettre",
        "webinar | webinar name | webinar title | webinar topic | session name | event name | event title",
        "feedback | comments | review",
        "plan | package | tariff | subscription plan",
        "subject | topic | betreff | sujet | objet | asunto | assunto",
        "plan date | follow up on | follow up date | next follow up | next call date | wiedervorlage",
    )
)


def other_names(label: str, schema: str) -> tuple[str, ...]:
    """Other names for the field that the account calls ``label``; none when it is not one of the usual things."""
    return tuple(dict.fromkeys(name for group in _groups_of(label, schema) for name in group))


def _groups_of(label: str, schema: str) -> Iterator[tuple[str, ...]]:
    own = schema.removeprefix("mx_").replace("_", " ")
    for group in _GROUPS:
        if any(likeness(name, group)[0] >= QUALIFIED for name in (label, own) if name):
            yield group
