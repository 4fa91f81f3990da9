"""Stars that people put on talks, and their agenda."""
