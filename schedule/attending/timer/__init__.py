"""The countdown of one talk on the speaker's screen, and the page of its chair."""
