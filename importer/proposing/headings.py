"""How alike a heading and the names of a field are, whatever the spelling: case, accents, camel case, units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

EXACT = 100.0
QUALIFIED = 96.0
"""The heading is the name and says besides whose it is: `Attendee e-mail`."""
NEAR = 85.0
"""At least this much: the name with a slip of the pen."""
_ALTERNATIVE = 94.0
CONTAINED = 70.0
"""The name is a part of the heading: `Mobile for WhatsApp updates`."""

_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=[0-9])")
_BRACKETS = re.compile(r"[(\[{][^)\]}]*[)\]}]")
_ALTERNATIVES = re.compile(r"[/|]|\bor\b")
_LEAST_FUZZY = 5
_LEAST_LIKENESS = 85.0


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WHOSE = _words(
    """
    attendee registrant participant student lead contact customer client visitor guest candidate applicant user
    subscriber member prospect respondent primary personal main buyer payer your my learner delegate invitee
    recipient person patient sender
    default home billing shipping current permanent residential mailing work office business
    teilnehmer teilnehmers kunde kunden kundin besucher gast ihre ihr interessent interessenten
    participante cliente contacto contato alumno aluno visitante invitado su seu sua votre invite visiteur eleve
    etudiant destinataire partecipante contatto studente deelnemer klant chhatra vidyarthi grahak pelanggan peserta
    siswa
    """
)
"""Words that say that the row's own person is meant."""

_ADDRESS = _words("address adresse direccion endereco")

_NUMBER = _words("no nr num nbr nambar nummer nomor")
"""Short for number, at the end of a heading."""

_SMALL = _words(
    """
    the of a an any please enter provide select choose specify what is de del do da des du la le les el en em d l der
    die das ka ki ke di il van
    """
)
"""Words that say nothing."""

_OTHERS = _words(
    """
    agent owner host organizer organiser rep representative counsellor counselor advisor adviser executive caller staff
    manager assigned teacher trainer speaker moderator vendor salesperson telecaller operator cashier employee
    father mother parent guardian spouse emergency referrer referred reference supervisor colleague friend
    panelist dealer store shop branch campus event session webinar course program programme product campaign form ad
    adset page file list team group sales company organisation organization school college university institute center
    centre account pan bank receipt payment template subject queue project department
    berater mitarbeiter verkaufer betreuer bearbeiter kampagne anzeige formular veranstaltung filiale kurs
    vendedor asesor agente ejecutivo tienda evento campana curso conseiller vendeur commercial evenement campagne
    magasin consultor atendente loja campanha operador recepteur formulaire anuncio
    karmchari pita mata abhibhavak dukan kendra
    """
)
"""Words that say that somebody or something else is meant than the row's own person."""


@cache
def words_of(heading: str) -> tuple[str, ...]:
    """The words of a heading in small letters without accents; what stands in brackets counts only if all does."""
    outside = _BRACKETS.sub(" ", heading)
    text = outside if any(character.isalnum() for character in outside) else heading
    spaced = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text))
    decomposed = unicodedata.normalize("NFKD", spaced.casefold())
    kept = (character for character in decomposed if not "\u0300" <= character <= "\u036f")
    words = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in kept).split()
    if len(words) > 1 and words[-1] in _NUMBER:
        words[-1] = "number"
    return tuple(words)


def means_other(heading: str) -> bool:
    """Whether the heading speaks of somebody or something else than the row's own person."""
    return not _OTHERS.isdisjoint(words_of(heading))


@cache
def own_words(heading: str) -> tuple[str, ...]:
    """The words of a heading without those that say nothing or that the row's own person is meant."""
    words = words_of(heading)
    inside = [place for place, word in enumerate(words[1:-1], 1) if word in _ADDRESS and words[place - 1] in _WHOSE]
    # The city of the `Default Address City` is a city; `Address` alone is the street.
    rest = tuple(word for place, word in enumerate(words) if place not in inside[:1])
    return tuple(word for word in rest if word not in _WHOSE | _SMALL) or words


@cache
def _joined(phrase: str) -> tuple[str, str]:
    """All words of a name in one, and those that say something."""
    words = words_of(phrase)
    return "".join(words), "".join(word for word in words if word not in _SMALL)


def likeness(heading: str, phrases: Sequence[str]) -> tuple[float, str]:
    """How much the heading is one of the phrases, from 0 to 100, and which."""
    words = words_of(heading)
    whole, own = "".join(words), "".join(own_words(heading))
    best, meant = 0.0, ""
    for phrase in phrases:
        score = _one(words, whole, own, phrase)
        if score > best:
            best, meant = score, phrase
    parts = [part for part in _ALTERNATIVES.split(heading) if part.strip()]
    if best < _ALTERNATIVE and len(parts) > 1:
        # `Company / Account` says two names, of which one may be known.
        scores = [likeness(part, phrases) for part in parts]
        score, phrase = max(scores, key=lambda found: found[0])
        if score >= QUALIFIED:
            return _ALTERNATIVE, phrase
    return best, meant


def _one(words: tuple[str, ...], whole: str, own: str, phrase: str) -> float:
    full, name = _joined(phrase)
    if not name:
        return 0.0
    if whole == full:
        return EXACT
    if own == name:
        return QUALIFIED
    if len(own) >= _LEAST_FUZZY and len(name) >= _LEAST_FUZZY:
        slip = _slip(own, name)
        if slip:
            return slip
    return CONTAINED if _contains(words, words_of(phrase)) else 0.0


def _slip(own: str, name: str) -> float:
    """How much a misspelled heading is the name; 0 when it is not. A digit is no slip: `Street 1` is not `Street 2`."""
    from rapidfuzz import fuzz

    if re.sub(r"[^0-9]", "", own) != re.sub(r"[^0-9]", "", name):
        return 0.0
    ratio = float(fuzz.ratio(own, name))
    return NEAR + (ratio - _LEAST_LIKENESS) / 2 if ratio >= _LEAST_LIKENESS else 0.0


def _contains(words: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return any(words[start : start + len(part)] == part for start in range(len(words) - len(part) + 1))
