"""Where notifications are kept: an SQLite database beside the server's other state, written by one thread."""
