"""The stock browser's order of file names, for millions of names at once."""

from cloudru_jlab.core.collation.collator import Collator
from cloudru_jlab.core.collation.watch import Cancelled

__all__ = ["Cancelled", "Collator"]
