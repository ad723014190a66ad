"""The stock browser's order of file names, for millions of names at once."""

from cloudru_jlab.core.collation.collator import Cancelled, Collator

__all__ = ["Cancelled", "Collator"]
