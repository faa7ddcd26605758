"""OKRs as rows of a table: which columns, what they are called in English and French, and how units are written.

Exports write these columns and imports read them, so that what went out comes in again.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from mapping.currencies import CODES, SIGNS
from mapping.decimals import decimal_text, exact, tidy
from mapping.rules import Unit, UnitKind
from mapping.show import Lang


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table."""

    name: str
    """As in JSON; understood as a header as well."""
    english: str
    french: str
    also: tuple[str, ...] = ()
    """Other headers that mean the same, folded as ``folded`` does it."""

    def title(self, language: Lang) -> str:
        """Return the header."""
        return self.french if language == "fr" else self.english


COLUMNS = (
    Column("cycle", "Cycle", "Cycle", ("period", "time period", "periode", "quarter", "trimestre")),
    Column("starts_on", "Starts on", "Début", ("start date", "date de debut", "cycle start")),
    Column("ends_on", "Ends on", "Fin", ("end date", "date de fin", "cycle end")),
    Column("timezone", "Time zone", "Fuseau horaire", ("timezone",)),
    Column("objective_id", "Objective id", "Id de l’objectif", ("id objectif",)),
    Column("objective_title", "Objective", "Objectif", ("objective name", "nom de l'objectif")),
    Column("objective_kind", "Kind of objective", "Type d’objectif", ("goal type", "ambition")),
    Column("team", "Team", "Équipe", ("group", "department", "departement")),
    Column("parent", "Parent objective id", "Id de l’objectif parent", ("parent", "parent id")),
    Column("objective_owner", "Objective owner", "Responsable de l’objectif", ()),
    Column("key_result_id", "Key result id", "Id du résultat clé", ("id", "kr id", "address", "adresse")),
    Column("title", "Key result", "Résultat clé", ("kr", "key result title", "intitule", "titre")),
    Column("owner", "Owner", "Responsable", ("assignee", "porteur", "proprietaire")),
    Column("key_result_team", "Key result team", "Équipe du résultat clé"),
    Column("weight", "Weight", "Poids", ("ponderation",)),
    Column("kind", "Metric", "Métrique", ("direction", "metric kind", "sens")),
    Column("baseline", "Baseline", "Départ", ("start", "start value", "initial value", "valeur initiale", "base")),
    Column("commit", "Commit", "Engagement", ()),
    Column("target", "Target", "Cible", ("target value", "goal", "but", "valeur cible")),
    Column("stretch", "Stretch", "Dépassement", ()),
    Column("upper", "Upper edge", "Borne haute", ("upper",)),
    Column("unit", "Unit", "Unité", ("currency", "devise")),
    Column("per", "Per", "Par", ("periodicity", "periodicite")),
    Column("over", "Over periods", "Sur les périodes", ("over",)),
    Column("value", "Value", "Valeur", ("current", "current value", "actual", "actuel", "valeur actuelle")),
    Column("progress", "Progress", "Avancement", ("progression",)),
    Column("expected", "Expected", "Attendu", ()),
    Column("status", "Status", "Statut", ("etat", "health")),
    Column("score", "Score", "Note finale", ()),
    Column("confidence", "Confidence", "Confiance", ()),
    Column("note", "Note", "Commentaire", ("comment", "notes", "remarque", "last note")),
    Column("automatic", "Automatic value", "Valeur automatique", ()),
    Column("override_reason", "Overridden because", "Remplacé parce que", ()),
    Column("override_until", "Overridden until", "Remplacé jusqu’à", ()),
    Column("stale_reason", "Stale because", "Périmé parce que", ()),
    Column("no_data", "No data because", "Sans données parce que", ()),
    Column("checked_in_at", "Last check-in", "Dernier point", ("check-in date", "updated", "date", "mis a jour")),
    Column("author", "Checked in by", "Saisi par", ("author", "auteur", "updated by")),
    Column("measured_at", "Measured at", "Mesuré le", ()),
    Column("link", "Link", "Lien", ("url",)),
)
"""Of the table of key results, in order."""

CHECK_INS = (
    Column("key_result_id", "Key result id", "Id du résultat clé", ("id", "kr id", "address", "adresse")),
    Column("title", "Key result", "Résultat clé", ("kr", "key result title", "intitule", "titre", "metric")),
    Column("at", "At", "Le", ("date", "day", "jour", "check-in date", "updated", "updated at", "timestamp")),
    Column("value", "Value", "Valeur", ("current", "current value", "actual", "actuel", "valeur actuelle")),
    Column("unit", "Unit", "Unité", ("currency", "devise")),
    Column("progress", "Progress", "Avancement", ("progress %", "progression")),
    Column("status", "Status", "Statut", ("etat", "health")),
    Column("confidence", "Confidence", "Confiance", ("confidence level",)),
    Column("author", "Author", "Auteur", ("checked in by", "saisi par", "updated by", "user", "by")),
    Column("kind", "Kind", "Nature"),
    Column("note", "Note", "Commentaire", ("comment", "comments", "notes", "remarque")),
    Column("override_reason", "Overridden because", "Remplacé parce que"),
    Column("override_until", "Overridden until", "Remplacé jusqu’à"),
    Column("causes", "Causes", "Causes"),
    Column("formula", "Formula", "Formule"),
    Column("no_data", "No data because", "Sans données parce que"),
)
"""Of the table of check-ins, in order."""

COMMENTS = (
    Column("key_result_id", "Key result id", "Id du résultat clé"),
    Column("title", "Key result", "Résultat clé"),
    Column("at", "At", "Le"),
    Column("author", "Author", "Auteur"),
    Column("comment", "Comment", "Commentaire"),
)
"""Of the table of comments, in order."""

_SYMBOLS = {UnitKind.PERCENT: "%", UnitKind.POINTS: "pp", UnitKind.DONE: "done"}
_UNITS = {
    "%": Unit(kind=UnitKind.PERCENT),
    "percent": Unit(kind=UnitKind.PERCENT),
    "pp": Unit(kind=UnitKind.POINTS),
    "pts": Unit(kind=UnitKind.POINTS),
    "done": Unit(kind=UnitKind.DONE),
    "fait": Unit(kind=UnitKind.DONE),
}
IN_HUNDREDTHS = frozenset({UnitKind.PERCENT, UnitKind.POINTS})
"""Kinds whose values are kept as fractions and read by people times 100."""


def folded(header: str) -> str:
    """Return a header as it is compared: case, accents, spaces, dashes and apostrophes do not matter.

    >>> folded(" Départ "), folded("start_date"), folded("Type d’objectif")
    ('depart', 'start date', "type d'objectif")
    """
    text = unicodedata.normalize("NFKD", header.replace("’", "'").replace("_", " "))
    return " ".join("".join(each for each in text if not unicodedata.combining(each)).casefold().split())


def unit_text(unit: Unit) -> str:
    """Return a unit as a column holds it: ``%``, ``EUR``, ``pp``, ``done``, ``bugs``, or nothing."""
    return unit.currency or _SYMBOLS.get(unit.kind) or unit.name or ""


def unit_of(text: str) -> Unit:
    """Return the unit that a column holds; what is no sign and no currency is the name of what is counted."""
    plain = " ".join(text.split())
    code = SIGNS.get(plain, plain.upper() if len(plain) == 3 else plain)
    if code in CODES and (plain.isupper() or plain in SIGNS):
        return Unit(kind=UnitKind.CURRENCY, currency=code)
    return _UNITS.get(plain.casefold(), Unit(name=plain or None))


def written_number(value: Decimal, unit: Unit) -> Decimal:
    """Return a value as people count it in its unit: 25 for 25 %."""
    return _scaled(value, 2 if unit.kind in IN_HUNDREDTHS else 0)


def read_number(number: Decimal, unit: Unit) -> Decimal:
    """Return the value that people mean by a number in a unit: 0.25 for 25 in per cent."""
    return _scaled(number, -2) if unit.kind in IN_HUNDREDTHS else number


def written_amount(value: Decimal, unit: Unit) -> str:
    """Return a value as it is written in a rules file: ``25%``, ``2000000 EUR``, ``12``."""
    text = decimal_text(written_number(value, unit))
    if unit.kind is UnitKind.PERCENT:
        return f"{text}%"
    return f"{text} {unit.currency}" if unit.kind is UnitKind.CURRENCY else text


def _scaled(value: Decimal, power: int) -> Decimal:
    with exact():
        return tidy(value.scaleb(power))
