"""The organizers' help desk: why somebody can or cannot get in, with the fix beside it."""
