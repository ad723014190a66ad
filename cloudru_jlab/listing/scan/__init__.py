"""Reading directories and stat'ing entries, on local file systems and on those that may hang."""
