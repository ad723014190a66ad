"""Unsaved edits of open documents, kept until they are saved."""

from .part import DraftJournal

__all__ = ["DraftJournal"]
