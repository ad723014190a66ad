"""Why kernels die: each death is seen at once, explained, told and kept."""

from .part import KernelDeaths
from .store import DeathStore

__all__ = ["DeathStore", "KernelDeaths"]
