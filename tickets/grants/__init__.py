"""Access without a ticket, one by one or from a file; and bans."""
