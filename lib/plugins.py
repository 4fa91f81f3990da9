"""Installed packages that add to us, found by entry points: formats, ticket shops, streams."""

import logging
from collections.abc import Iterator
from importlib.metadata import EntryPoints, entry_points

from lib.cached import once_per_arguments

logger = logging.getLogger(__name__)


@once_per_arguments(most=1)
def _installed() -> EntryPoints:
    """Kept, as it opens a file of every installed package; a new one needs a restart anyway."""
    return entry_points()


def plugins[T](group: str, kind: type[T]) -> Iterator[T]:
    """What the packages of a group offer, in an order that does not change. One package that is
    broken may not take the others with it: it is logged and left out.
    """
    for point in sorted(_installed().select(group=group), key=lambda point: point.value):
        try:
            plugin = point.load()
        except Exception:
            logger.exception("%s of the group %s cannot be loaded", point.value, group)
            continue
        if isinstance(plugin, kind):
            yield plugin
        else:
            logger.error("%s is not a %s.%s", point.value, kind.__module__, kind.__qualname__)
