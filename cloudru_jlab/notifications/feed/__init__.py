"""Broadcast: every server reads the operator's feeds."""

from .feed import NotificationFeed

__all__ = ["NotificationFeed"]
