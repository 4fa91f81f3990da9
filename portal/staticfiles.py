"""Static files: each release has its own, with its manifest; nginx serves those of the last ones.

Pages that were opened before an upgrade go on asking for the files of their release, and so do all after
the way back.
"""

import filecmp
import shutil
from collections.abc import Iterable
from pathlib import Path

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names also inside ES modules, so that `import "./clock.js"` is never an old one."""

    support_js_module_import_aggregation = True


def publish(collected: Path, before: Iterable[Path], public: Path) -> None:
    """Have in `public` what was collected for this release and for those `before`; where a name has no
    hash, and so is in several, this one's. Whoever asks meanwhile gets a file whole: it comes by renaming.
    """
    wanted: dict[Path, Path] = {}
    for folder in (collected, *before):
        for path in folder.rglob("*"):
            if path.is_file() and path.name != HashedStaticFilesStorage.manifest_name:
                wanted.setdefault(path.relative_to(folder), path)
    for name, source in wanted.items():
        target = public / name
        if target.is_file() and filecmp.cmp(source, target, shallow=False):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        coming = target.with_name(f"{target.name}.new")
        shutil.copy2(source, coming)
        coming.replace(target)
    for path in public.rglob("*"):
        if path.is_file() and path.relative_to(public) not in wanted:
            path.unlink()
