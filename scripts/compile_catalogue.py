"""Compile the gettext catalogues of cloudru_jlab to the JSON that JupyterLab loads.

JupyterLab finds them through the entry point group ``jupyterlab.locale`` as
``<package>/locale/<language>/LC_MESSAGES/<domain>.json`` (Jed format: one key per
message, ``context \\x04 message`` where there is a context, a list of plural forms as value).

Run by hand (``python scripts/compile_catalogue.py``) while developing; hatchling runs
`CatalogueBuildHook` for every wheel and every editable install.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polib
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DOMAIN = "cloudru_jlab"


def catalogue_to_jed(po_file: Path, version: str) -> dict[str, Any]:
    """Read one ``.po`` file; untranslated, fuzzy and obsolete entries are left out."""
    catalogue = polib.pofile(str(po_file), encoding="utf-8")
    jed: dict[str, Any] = {
        "": {
            "domain": DOMAIN,
            "language": catalogue.metadata["Language"].replace("_", "-"),
            "plural_forms": catalogue.metadata["Plural-Forms"],
            "version": version,
        }
    }
    for entry in catalogue.translated_entries():
        key = f"{entry.msgctxt}\x04{entry.msgid}" if entry.msgctxt else entry.msgid
        if entry.msgid_plural:
            jed[key] = [text for _, text in sorted(entry.msgstr_plural.items())]
        else:
            jed[key] = [entry.msgstr]
    return jed


def compile_catalogues(root: Path) -> list[Path]:
    """Compile every catalogue under `root`, the repository; returns the files written."""
    version = json.loads((root / "package.json").read_text(encoding="utf-8"))["version"]
    written = []
    for po_file in sorted(root.glob(f"{DOMAIN}/locale/*/LC_MESSAGES/{DOMAIN}.po")):
        json_file = po_file.with_suffix(".json")
        text = json.dumps(
            catalogue_to_jed(po_file, version), ensure_ascii=False, indent=1, sort_keys=True
        )
        json_file.write_text(text + "\n", encoding="utf-8")
        written.append(json_file)
    return written


class CatalogueBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles the catalogues before hatchling collects the files of a build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_catalogues(Path(self.root))


if __name__ == "__main__":
    for compiled in compile_catalogues(Path(__file__).resolve().parent.parent):
        print(f"compiled {compiled.name} for {compiled.parent.parent.name}")
