"""What kernels have to tell: executions that users wait for, and what code in a kernel sends over its own channel."""

from .part import KernelNotifications

__all__ = ["KernelNotifications"]
