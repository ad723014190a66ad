"""Looks after the server: often at what is cheap, now and then at what is not."""
