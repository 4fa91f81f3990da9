"""Which column is which."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from lib.text import one_line
from tickets.sources.spreadsheets.tables import Table, refuse

# For each value the headers by which it is found, best first. Those with a plus between are joined.
# Exports come first: pretix in English, German, French and Spanish, Tito, Eventbrite; then what
# people call it. pretix calls its secret "Ticket-Code" in German, so order and position go before it.
HEADERS = {
    "code": "order code + position id, bestellnummer + position, code de commande + id de la position,"
    " código del pedido + id de posición, ticket reference, ticket code, ticket number, ticket no,"
    " ticket id, ticketnummer, ticketnr, ticket nr, ticketcode, code du billet, numéro de billet,"
    " numéro du billet, n° de billet, n° billet, código de entrada, número de entrada,"
    " nº de entrada, attendee #, attendee id, code, código, reference, référence, referencia,"
    " referenz, ticket, billet, entrada",
    "order": "order code, order reference, order #, order id, order number, order no, order,"
    " bestellnummer, bestellnr, bestellcode, bestellung, buchungsnummer, auftragsnummer,"
    " code de commande, numéro de commande, n° de commande, référence de commande, commande,"
    " código del pedido, código de pedido, número de pedido, nº de pedido, pedido",
    "product": "product + variation, produkt + variante, produit + variante, producto + variacion,"
    " producto + variación, product, produkt, produit, producto, ticket type, release, type,"
    " ticketart, tickettyp, ticket art, ticket typ, ticketkategorie, type de billet,"
    " catégorie de billet, tarif, tipo de entrada, tipo de billete, ticket, billet, entrada,"
    " billete",
    "state": "status, ticket status, ticketstatus, attendee status, statut du billet, statut,"
    " estado, state, order status, bestellstatus, statut de la commande, estado del pedido,"
    " payment status, zahlungsstatus, statut du paiement, estado del pago, zahlung",
    "name": "attendee name, ticket full name, name teilnehmer*in, name teilnehmer:in,"
    " nom du participant, nombre del asistente, first name + last name,"
    " attendee first name + attendee last name, given name + family name, vorname + nachname,"
    " prénom + nom de famille, prénom + nom, nombre + apellidos, nombre + apellido, holder,"
    " full name, voller name, nom complet, nombre completo, name, nom, nombre",
    "email": "attendee email, ticket email, holder email, email teilnehmer*in,"
    " email teilnehmer:in, email du participant, correo electrónico del participante,"
    " correo electrónico del asistente, email, email address, email adresse, emailadresse, mail,"
    " courriel, adresse email, correo electrónico, correo",
    "buyer-email": "buyer email, order email, purchaser email, email besteller*in,"
    " email des bestellers, email de l'acheteur, correo del comprador, email, correo electrónico",
    "valid-from": "valid from, gültig ab, gültig von, valable depuis, valable à partir du,"
    " válido desde",
    "valid-until": "valid until, valid to, gültig bis, valable jusqu'au, válido hasta",
    # Columns of their own that say yes (or when), and are empty for a ticket that lets in.
    "blocked": "blocked, gesperrt, bloqué, bloqueado",
    "canceled": "void status, void, voided, canceled, cancelled, canceled at, cancelled at, storniert,"
    " storniert am, annulé, anulado, cancelado",
}
# Where a row has these, its "state" is a part of an address.
ADDRESS = {"country", "city", "zip code", "land", "stadt", "ort", "plz", "pays", "ville"}
STATES_OF_COUNTRIES = {"state", "zustand", "état"}

type Columns = Mapping[str, Sequence[str]]


def recognised_columns(header: Sequence[str]) -> dict[str, list[str]]:
    """Keys of HEADERS → names in this header."""
    columns: dict[str, list[str]] = {}
    for key, choices in candidates(header).items():
        free = [names for names in choices if names not in columns.values()]
        if free:
            columns[key] = free[0]
    return columns


def candidates(header: Sequence[str]) -> dict[str, list[list[str]]]:
    """For each key of HEADERS all the columns that it could be, best first."""
    name_of = {same_header(name): name for name in reversed(header)}
    if name_of.keys() & ADDRESS:
        for name in STATES_OF_COUNTRIES:
            name_of.pop(name, None)
    found: dict[str, list[list[str]]] = {}
    for key, headers in HEADERS.items():
        choices = (choice.split(" + ") for choice in headers.split(", "))
        found[key] = [
            [name_of[name] for name in names] for names in choices if name_of.keys() >= set(names)
        ]
    return found


def places_of(columns: Columns, header: Sequence[str]) -> dict[str, list[int]]:
    """Where in a row the columns are. Raises BadSpreadsheet."""
    at = {same_header(name): index for index, name in reversed(list(enumerate(header)))}
    names = [name for chosen in columns.values() for name in chosen]
    if missing := [name for name in names if same_header(name) not in at]:
        message = _("There is no column “%(name)s”. There are: %(header)s.")
        raise refuse(message % {"name": missing[0], "header": ", ".join(header)}, 1)
    exact = {name: index for index, name in reversed(list(enumerate(header)))}
    return {
        key: [exact.get(name, at[same_header(name)]) for name in chosen]
        for key, chosen in columns.items()
        if chosen
    }


def words_in(table: Table, column: str) -> list[str]:
    """What stands in a column, each word once, whether in small or in capital letters."""
    at = table.header.index(column)
    # The same few stand in thousands of rows.
    cells = dict.fromkeys(cells[at] for _line, cells in table.rows if len(cells) > at)
    words = dict.fromkeys(map(one_line, cells))
    return list({word.casefold(): word for word in words}.values())


def same_header(name: str) -> str:
    """Equal for two spellings of one name: E-Mail and email, Ticket_ID and ticket id."""
    for mark in "_-.":
        name = name.replace(mark, " ")
    name = one_line(name).casefold().replace("’", "'").replace("e mail", "email")
    return name.rstrip(" :?*")
