"""Notifications leave the server for messengers and mail."""

from .forwarding import NotificationForwarding

__all__ = ["NotificationForwarding"]
