"""Each kind of fact is told to those who help, and to the person or deliberately not."""

import ast
import inspect

import pytest

from tickets.helpdesk.why import facts
from tickets.helpdesk.why.for_helpdesk import WordingForHelpDesk
from tickets.helpdesk.why.for_person import WordingForPerson
from tickets.models import Role, Ticket

# They cannot read it, know it, need not know it, or it tells about somebody else.
NOT_TOLD_TO_THEM = {
    "account.none",
    "active",
    "verified",
    "second_factor",
    "second_factor.none",
    "ban.over",
    "ticket.waits",
    "link",
    "link.not_sent",
    "places.any",
    "shop",
    "shop.never",
    "by",
    "since",
    "bounced",
    "opened",
    "used",
    "limit",
    "sync_failed",
    "orders_wait",
    # Of one ticket, whoever has it.
    "state",
    "holder",
    "holder.none",
    "passed_on",
    "claim.now",
    "claim.before",
    "claim.nobody",
}


def kinds_of_facts():
    """What is written as the first argument of Fact() and more()."""
    kinds = {f"{kind}.{state}" for kind in ("claim", "ticket") for state in Ticket.State.values}
    kinds |= {f"work.{kind}" for kind in Role.Kind.values}
    for call in ast.walk(ast.parse(inspect.getsource(facts))):
        name = isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2]
        if name in ("Fact", "more"):
            match call.args[0]:
                case ast.Constant(kind):
                    kinds.add(kind)
                case ast.IfExp(body=ast.Constant(one), orelse=ast.Constant(other)):
                    kinds |= {one, other}
                case written:
                    written_out = ("f'claim.{ticket.state}'", "f'ticket.{ticket.state}'")
                    assert ast.unparse(written) in (*written_out, "f'work.{kind}'")
    return kinds


def test_each_kind_has_a_sentence_for_those_who_help():
    assert WordingForHelpDesk.sentences.keys() == kinds_of_facts()


def test_each_kind_is_told_to_the_person_or_listed_as_not_told():
    told = WordingForPerson.sentences.keys()
    assert told | NOT_TOLD_TO_THEM == kinds_of_facts()
    assert not told & NOT_TOLD_TO_THEM
    assert WordingForPerson.marks.keys() <= told


class Named(dict[str, int]):
    """Says which values a sentence names."""

    def __missing__(self, name):
        self[name] = 1
        return 1


@pytest.mark.parametrize("kind", WordingForPerson.sentences)
def test_the_person_reads_no_words_of_organizers_and_no_names_of_others(kind):
    named = Named()
    assert WordingForPerson.sentences[kind] % named
    assert not named.keys() & {"who", "other", "reason", "to", "problem", "holder"}
