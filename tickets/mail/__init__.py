"""Mail to people: in the background, over a second relay when the first one fails."""
