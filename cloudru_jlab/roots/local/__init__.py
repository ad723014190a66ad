"""A root that is a directory of this machine."""

from .backend import LocalBackend

__all__ = ["LocalBackend"]
