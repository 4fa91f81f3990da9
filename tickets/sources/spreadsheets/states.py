"""Which words mean what for a ticket, and which columns look as if they said it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tickets.models import Ticket
from tickets.sources.spreadsheets.columns import (
    ADDRESS,
    STATES_OF_COUNTRIES,
    same_header,
    words_in,
)
from tickets.sources.spreadsheets.tables import Table, problem_column

# What counts as a ticket that opens something is listed; a word that is not here is an error.
STATES = {
    Ticket.State.VALID: "valid, paid, complete, completed, confirmed, approved, active, attending,"
    " checked in, pending (confirmed)",
    Ticket.State.PENDING: "pending, unpaid, not paid yet, incomplete, new, reminder, waitlist,"
    " awaiting payment, approval pending, pending_approval",
    Ticket.State.BLOCKED: "blocked",
    Ticket.State.CANCELED: "canceled, cancelled, canceled (paid fee), refunded, void, voided,"
    " expired, declined, deleted, not attending",
}
STATE_OF = {word: state for state, words in STATES.items() for word in words.split(", ")}
# What words of other languages mostly mean: proposed to a person, never taken for granted.
PROPOSALS = {
    Ticket.State.VALID: "bezahlt, gültig, bestätigt, ausstehend (bestätigt), payé, payée, valide,"
    " confirmé, confirmée, en attente (confirmé), pagado, pagada, válido, válida, confirmado,"
    " confirmada, pendiente (confirmado)",
    Ticket.State.PENDING: "offen, ausstehend, unbezahlt, nicht bezahlt, freigabe ausstehend,"
    " en attente, impayé, impayée, non payé, approbation en attente, pendiente, no pagado,"
    " no pagada, impagado, aprobación pendiente, open, outstanding",
    Ticket.State.BLOCKED: "gesperrt, bloqué, bloquée, bloqueado, bloqueada",
    Ticket.State.CANCELED: "storniert, storniert (bezahlte gebühr), abgelaufen, erstattet,"
    " ungültig, annulé, annulée, annulé (frais payés), expiré, remboursé, remboursée,"
    " cancelado, cancelada, cancelado (tarifa pagada), anulado, anulada, expirado, reembolsado,"
    " reembolsada",
}
PROPOSED = {word: state for state, words in PROPOSALS.items() for word in words.split(", ")}
# More different words are not states.
MAX_WORDS = 20

# Also within a longer text: "paid (Visa)", "teilweise erstattet".
_says_state = re.compile(
    r"\b(un)?paid\b|\brefund|\bcancel|\bvoid(ed)?\b|\bunvalid|\binvalid"
    r"|bezahlt|\bstorn|erstattet|\bausstehend|\boffen\b"
    r"|\bpayée?s?\b|\bimpayé|\bannul|\brembours|\ben attente\b"
    r"|\bpagad[oa]|\bimpagad|\banulad|\breembols|\bpendiente\b|\bpagat[oa]\b|\brimbors|betaald",
    re.IGNORECASE,
)
_names_state = re.compile(
    r"status\b|\bstate\b|\bstatut|\bestado\b|\bstato\b|\bpayments?\b|\bpaiement|\bpagos?\b|zahlung"
    r"|bezahl|\bgültig$|\bvalid(ity)?$|\bblocked|\bgesperrt",
    re.IGNORECASE,
)
# What is paid, and how, says nothing; what came back does.
_names_other = re.compile(
    r"art$|arten$|mode\b|method|méthode|método|mittel|weise|anbieter|dienst|moyen|forma\b|type\b"
    r"|provider|fournisseur|proveedor|gateway|process|\bid\b|reference|referenz|référence|link|url"
    r"|betrag|total|amount|fees?\b|price|preis|montant|prix|importe|precio|currency|währung"
    r"|provinc|region",
    re.IGNORECASE,
)
_names_end = re.compile(r"refund|cancel|void|storn|erstatt|annul|rembours|anulad|reembols", re.I)


@dataclass(frozen=True, slots=True)
class StateLike:
    """A column that looks as if it said which tickets are valid. `words`: some that stand in it."""

    name: str
    words: list[str]


def state_like(table: Table, used: Iterable[str]) -> list[StateLike]:
    """Among the columns that are not used."""
    taken = {problem_column(), *used}
    found = ((name, words_in(table, name)) for name in table.header if name not in taken)
    return [
        StateLike(name, [word for word in words if word][:MAX_WORDS])
        for name, words in found
        if any(words) and (_is_named_so(name, words, table) or _holds_states(words))
    ]


def unknown_words(
    table: Table, columns: Iterable[str], states: Mapping[str, Ticket.State] = STATE_OF
) -> list[str]:
    """What stands in the state's columns and is not known, each once."""
    words = {word.casefold(): word for column in columns for word in words_in(table, column)}
    return [word for key, word in words.items() if key not in states]


def _is_named_so(name: str, words: list[str], table: Table) -> bool:
    name = same_header(name)
    if _names_end.search(name):
        return True
    if name in STATES_OF_COUNTRIES and {same_header(other) for other in table.header} & ADDRESS:
        return False
    # What is the same everywhere tells no ticket from another.
    differs = len(words) > 1
    is_named = _names_state.search(name) or _says_state.search(name)
    return differs and bool(is_named) and not _names_other.search(name)


def _holds_states(words: list[str]) -> bool:
    filled = [word.casefold() for word in words if word]
    certain = [word for word in filled if word in PROPOSED or _says_state.search(word)]
    if certain and len(filled) <= MAX_WORDS:
        return True
    alike = {word for word in filled if word in STATE_OF}.union(certain)
    return 2 * len(alike) >= len(filled)
