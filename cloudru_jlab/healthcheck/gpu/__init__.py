"""GPUs: what they do, what is wrong with them, and what a person can do about it."""

from .probe import GpuProbe

__all__ = ["GpuProbe"]
