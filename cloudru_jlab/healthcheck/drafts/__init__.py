"""Unsaved edits of open documents, kept until they are saved."""
