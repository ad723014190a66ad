"""Paged listing: a snapshot of a directory's names, built once, shared by all clients, paged by index."""
