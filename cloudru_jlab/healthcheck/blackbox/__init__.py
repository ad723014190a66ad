"""What explains the end of everything at once: a record that outlasts it."""

from .part import BlackBox

__all__ = ["BlackBox"]
