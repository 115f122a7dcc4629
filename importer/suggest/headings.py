"""How alike a heading and the names of a field are, whatever the spelling: case, accents, camel case, units."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

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


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of a field, made ready to be compared; each place is that of a phrase, and the first one counts."""

    whole: dict[str, int]
    """By all words of a name in one."""
    own: dict[str, int]
    """By those words in one that say something."""
    words: dict[tuple[str, ...], int]
    fuzzy: dict[int, str]
    """Those of ``own`` that are long enough for a slip of the pen to be told from another word."""


@cache
def _names(phrases: tuple[str, ...]) -> _Names:
    names = _Names({}, {}, {}, {})
    for place, phrase in enumerate(phrases):
        words = words_of(phrase)
        own = "".join(word for word in words if word not in _SMALL)
        if own:
            names.whole.setdefault("".join(words), place)
            names.own.setdefault(own, place)
            names.words.setdefault(words, place)
            if len(own) >= _LEAST_FUZZY:
                names.fuzzy[place] = own
    return names


# A proposal compares each heading with the same names for each call that it thinks of.
@lru_cache(maxsize=20_000)
def likeness(heading: str, phrases: tuple[str, ...]) -> tuple[float, str]:
    """How much the heading is one of the phrases, from 0 to 100, and which."""
    score, place = _best(words_of(heading), "".join(own_words(heading)), _names(phrases))
    parts = [part for part in _ALTERNATIVES.split(heading) if part.strip()]
    if score < _ALTERNATIVE and len(parts) > 1:
        # `Company / Account` says two names, of which one may be known.
        part_score, phrase = max((likeness(part, phrases) for part in parts), key=lambda found: found[0])
        if part_score >= QUALIFIED:
            return _ALTERNATIVE, phrase
    return score, phrases[place] if score else ""


def _best(words: tuple[str, ...], own: str, names: _Names) -> tuple[float, int]:
    """The likeness to the name that is most like it, and that name's place."""
    whole = "".join(words)
    if whole in names.whole:
        return EXACT, names.whole[whole]
    if own in names.own:
        return QUALIFIED, names.own[own]
    slip = _slip(own, names.fuzzy) if len(own) >= _LEAST_FUZZY else None
    if slip is not None:
        return slip
    parts = (words[start:end] for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    places = [names.words[part] for part in parts if part in names.words]
    return (CONTAINED, min(places)) if places else (0.0, 0)


def _slip(own: str, names: dict[int, str]) -> tuple[float, int] | None:
    """How much a misspelled heading is a name, and which. A digit is no slip: `Street 1` is not `Street 2`."""
    from rapidfuzz import fuzz, process

    near = process.extract_iter(own, names, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKENESS)
    ratio, place = max(
        ((ratio, -place) for name, ratio, place in near if _digits(name) == _digits(own)), default=(0.0, 0)
    )
    return (NEAR + (ratio - _LEAST_LIKENESS) / 2, -place) if ratio else None


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
