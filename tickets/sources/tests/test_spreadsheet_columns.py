"""Columns by the names that shops and people give them, and those that look like a state."""

import pytest

from tickets.sources.spreadsheets.columns import recognised_columns
from tickets.sources.spreadsheets.files import read_table
from tickets.sources.spreadsheets.states import state_like
from tickets.sources.uploads.mapping import ColumnMapping

TITO = (
    "Number,Ticket Created Date,Ticket,Ticket Full Name,Ticket First Name,Ticket Last Name,"
    "Ticket Email,Ticket Company Name,Ticket Phone Number,Event,Void Status,Price,Ticket Reference,"
    "Tags,Unique Ticket URL,Unique Order URL,Order Reference,Order Name,Order Email"
)
EVENTBRITE = (
    "Order #,Order Date,First Name,Last Name,Email,Quantity,Price Tier,Ticket Type,Attendee #,Group,"
    "Order Type,Currency,Total Paid,Fees Paid,Eventbrite Fees,Eventbrite Payment Processing,"
    "Attendee Status"
)
PRETIX = (
    "Event slug,Order code,Position ID,Status,Email,Product,Product ID,Variation,Attendee name,"
    "Attendee email,City,Country,State,Ticket secret,Blocked,Valid from,Valid until,"
    "Email address verified,Payment providers"
)
PRETIX_DE = (
    "Bestellnummer,Position,Status,E-Mail,Produkt,Variante,Name Teilnehmer*in,E-Mail Teilnehmer*in,"
    "Stadt,Land,Zustand,Ticket-Code,Gesperrt,Gültig ab,Gültig bis,Zahlungsmethoden"
)
PRETIX_FR = (
    "Code de commande,ID de la position,Statut,E-Mail,Produit,Variante,Nom du participant,"
    "E-mail du participant,Ville,Pays,État,Secret du billet,Bloqué,Valable depuis,Valable jusqu’au,"
    "Fournisseurs de paiement"
)
PRETIX_ES = (
    "Código del pedido,ID de posición,Estado,Correo electrónico,Producto,Variacion,"
    "Nombre del asistente,Correo electrónico del participante,Ciudad,País,Estado o provincia,"
    "Secreto de la entrada,Bloqueado,Válido desde,Válido hasta,Proveedores de pago"
)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            TITO,
            {
                "code": "Ticket Reference", "order": "Order Reference", "product": "Ticket",
                "name": "Ticket Full Name", "email": "Ticket Email", "buyer-email": "Order Email",
                "canceled": "Void Status",
            },
        ),
        (
            EVENTBRITE,
            {
                "code": "Attendee #", "order": "Order #", "product": "Ticket Type",
                "state": "Attendee Status", "name": "First Name + Last Name", "email": "Email",
            },
        ),
        (
            PRETIX,
            {
                "code": "Order code + Position ID", "order": "Order code",
                "product": "Product + Variation", "state": "Status", "name": "Attendee name",
                "email": "Attendee email", "buyer-email": "Email", "blocked": "Blocked",
                "valid-from": "Valid from", "valid-until": "Valid until",
            },
        ),
        (
            PRETIX_DE,
            {
                "code": "Bestellnummer + Position", "order": "Bestellnummer",
                "product": "Produkt + Variante", "state": "Status", "name": "Name Teilnehmer*in",
                "email": "E-Mail Teilnehmer*in", "buyer-email": "E-Mail", "blocked": "Gesperrt",
                "valid-from": "Gültig ab", "valid-until": "Gültig bis",
            },
        ),
        (
            PRETIX_FR,
            {
                "code": "Code de commande + ID de la position", "order": "Code de commande",
                "product": "Produit + Variante", "state": "Statut", "name": "Nom du participant",
                "email": "E-mail du participant", "buyer-email": "E-Mail", "blocked": "Bloqué",
                "valid-from": "Valable depuis", "valid-until": "Valable jusqu’au",
            },
        ),
        (
            PRETIX_ES,
            {
                "code": "Código del pedido + ID de posición", "order": "Código del pedido",
                "product": "Producto + Variacion", "state": "Estado", "name": "Nombre del asistente",
                "email": "Correo electrónico del participante", "buyer-email": "Correo electrónico",
                "blocked": "Bloqueado", "valid-from": "Válido desde", "valid-until": "Válido hasta",
            },
        ),
        ("Code,Name,City,Country,State", {"code": "Code", "name": "Name"}),
        ("Code,State", {"code": "Code", "state": "State"}),
        (
            "Bestellnummer,Ticketnr.,Name,E-Mail,Ticketart,Zahlung,gültig bis",
            {
                "order": "Bestellnummer", "code": "Ticketnr.", "name": "Name", "email": "E-Mail",
                "product": "Ticketart", "state": "Zahlung", "valid-until": "gültig bis",
            },
        ),
        (
            "N° de billet,Prénom,Nom,Courriel,Billet,Statut",
            {
                "code": "N° de billet", "name": "Prénom + Nom", "email": "Courriel",
                "product": "Billet", "state": "Statut",
            },
        ),
        (
            "Código,Nombre,Apellidos,Correo,Entrada,Estado",
            {
                "code": "Código", "name": "Nombre + Apellidos", "email": "Correo",
                "product": "Entrada", "state": "Estado",
            },
        ),
    ],
)  # fmt: skip
def test_exports_and_plain_names_are_known(header, expected):
    names = header.split(",")
    found = {key: " + ".join(names) for key, names in recognised_columns(names).items()}
    assert found == expected
    # Nothing is asked about what an export has as a rule.
    full = read_table(f"{header}\n{'a,' * len(names)}\n{'b,' * len(names)}\n".encode())
    used = [name for names in recognised_columns(full.header).values() for name in names]
    assert state_like(full, used) == []


@pytest.mark.parametrize(
    "column",
    [
        "Zahlung;bezahlt;storniert;offen",
        "X;bezahlt;storniert;offen",
        "X;paid;unpaid;refunded",
        "X;payé;annulé;payé",
        "X;pagado;anulado;pagado",
        "X;Paid (Visa);Paid (Visa);Canceled 3 May",
        "X;;void;",
        "Bezahlt?;ja;nein;ja",
        "Zahlungseingang;2026-10-01;;2026-10-02",
        "Payment State;a;b;c",
        "Refund date;;2026-10-01;",
        "Status;A;B;A",
        "gültig;1;0;1",
    ],
)
def test_what_looks_like_a_state_is_found(column):
    name, *words = column.split(";")
    rows = "".join(f"{number};{word}\n" for number, word in enumerate(words))
    (found,) = state_like(read_table(f"Nr;{name}\n{rows}".encode()), ["Nr"])
    assert found.name == name
    assert found.words == [word for word in dict.fromkeys(words) if word]


@pytest.mark.parametrize(
    "column",
    [
        "T-shirt;M;L;XL",
        "Zahlungsart;Visa;PayPal;Visa",
        "Total Paid;20.00;0.00;20.00",
        "Note;;;",
        "Diet;vegan;new;none",
        "Payment ID;p1;p2;p3",
        "Problem;Line 2: paid;What does the state mean? valid, paid;canceled",
    ],
)
def test_what_does_not_is_left_alone(column):
    name, *words = column.split(";")
    rows = "".join(f"{number};{word}\n" for number, word in enumerate(words))
    assert state_like(read_table(f"Nr;{name}\n{rows}".encode()), ["Nr"]) == []


def test_many_different_texts_are_a_state_if_most_say_one():
    def found(text):
        rows = "".join(f"{number};{text} {number}\n" for number in range(50))
        return state_like(read_table(f"Nr;X\n{rows}1;paid\n".encode()), ["Nr"])

    assert [each.name for each in found("paid on day")] == ["X"]
    assert found("likes tea") == []


def test_a_column_is_one_thing_and_the_rest_is_told(conference):
    table = read_table(
        b"Ticket Email,Email,Ticket,Code,Shirt\na@example.com,b@example.com,Full,1,M\n"
    )
    mapping = ColumnMapping(recognised_columns(table.header))
    assert mapping.columns["email"] == ["Ticket Email"]
    summary = mapping.summary(table, mapping.read(table, conference))
    assert summary.unused_columns == [("Shirt", ["M"], [])]
    without = ColumnMapping({**mapping.columns, "buyer-email": []})
    (email, _shirt) = without.summary(table, summary.read).unused_columns
    assert email == ("Email", ["b@example.com"], ["Ticket Email"])


def test_a_ticket_may_be_called_by_its_code_alone():
    assert recognised_columns(["Ticket", "E-mail"]) == {"code": ["Ticket"], "email": ["E-mail"]}
