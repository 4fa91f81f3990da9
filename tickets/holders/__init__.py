"""What holders do with their tickets: claim, pass on, give back (release), enter by a personal link."""
