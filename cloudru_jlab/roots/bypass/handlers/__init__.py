"""Handlers that stand before jupyter_server's own where these would reach files by themselves."""
