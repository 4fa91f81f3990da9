"""Is every stream that should play playing? What the server asks of streams, without any player."""
