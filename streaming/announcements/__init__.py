"""Words of the organizers on every page, or in a room. Knows nothing of streams."""
