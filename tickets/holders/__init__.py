"""What ticket holders do with their tickets: claim, pass on, give back, enter by a personal link."""
