"""Search in titles, texts and names. PostgreSQL ignores accents and forgives typing errors, as far
as its extensions are there; SQLite looks for the words as they stand.
"""

import re
from functools import lru_cache

from django.contrib.postgres.search import SearchQuery, SearchVector, TrigramWordSimilarity
from django.db import connections
from django.db.models import CharField, F, Func, OuterRef, QuerySet, StringAgg, Subquery, TextField
from django.db.models import Value as V
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat

from schedule.models import Speaker, Talk

# Below this, PostgreSQL's manual says, words are rather not the same (pg_trgm.word_similarity_threshold
# is 0.6); one wrong letter in a short name makes 0.5.
SIMILAR = 0.5
MAX_WORDS = 10


def search(talks: QuerySet[Talk], text: str) -> QuerySet[Talk]:
    """The talks that have all words of the text, as beginnings of words."""
    words = re.findall(r"\w+", text)[:MAX_WORDS]
    if not words:
        return talks
    found = talks.annotate(
        searched_names=_names(),
        searched=_text("title", "subtitle", "searched_names", "abstract", "description"),
    )
    if connections[talks.db].vendor != "postgresql":
        for word in words:
            found = found.filter(searched__icontains=word)
        return found
    return _on_postgresql(found, words)


def _on_postgresql(found: QuerySet[Talk], words: list[str]) -> QuerySet[Talk]:
    known = installed_extensions(found.db)

    def plain(expression: Combinable) -> Combinable:
        if "unaccent" not in known:
            return expression
        return Func(expression, function="unaccent", output_field=TextField())

    # "simple": programmes have many languages, and names have none.
    query = SearchQuery(
        plain(V(" & ".join(f"{word}:*" for word in words))), config="simple", search_type="raw"
    )
    exact = found.annotate(
        vector=SearchVector(plain(F("searched")), config="simple"), query=query
    ).filter(vector=F("query"))
    if "pg_trgm" not in known or exact.exists():
        return exact
    headline = plain(_text("title", "subtitle", "searched_names"))
    likeness = TrigramWordSimilarity(plain(V(" ".join(words))), headline)  # type: ignore[arg-type]  # takes expressions too
    return found.annotate(likeness=likeness).filter(likeness__gte=SIMILAR)


@lru_cache(maxsize=4)
def installed_extensions(using: str) -> frozenset[str]:
    """Those that are installed in this PostgreSQL database."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        return frozenset(name for (name,) in cursor.fetchall())


def _names() -> Combinable:
    speakers = Speaker.objects.filter(talks=OuterRef("pk")).order_by().values("talks")
    names = speakers.annotate(names=StringAgg("name", V(" "))).values("names")
    return Coalesce(Subquery(names[:1]), V(""), output_field=CharField())


def _text(*fields: str) -> Combinable:
    parts: list[Combinable] = []
    for field in fields:
        parts += [F(field), V(" ")]
    return Concat(*parts, output_field=TextField())
