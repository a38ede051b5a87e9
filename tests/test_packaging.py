"""What `pip install .` installs is whole: pages, files, migrations, compiled translations."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import ROOT

SOURCES = ("microshare", "microshare_client", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def test_the_wheel_holds_everything_that_the_product_reads(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
         "--disable-pip-version-check", "-w", str(tmp_path), str(tree)],
        check=True, capture_output=True,
    )
    (wheel,) = tmp_path.glob("microshare-*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for package in ("microshare", "microshare_client")
        for path in (ROOT / package).rglob("*")
        if path.is_file()
        and path.suffix != ".pot"
        and not any(p == "__pycache__" or p.startswith(".") for p in path.relative_to(ROOT).parts)
    }
    assert wanted - inside == set()
    (entry,) = [name for name in inside if name.endswith("entry_points.txt")]
    assert "microshare = microshare_client.command:main" in zipfile.ZipFile(wheel).read(entry).decode()


def test_the_lock_file_pins_every_dependency_to_one_version() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all("==" in pin and "//" not in pin for pin in pins)
    names = {pin.partition("==")[0].lower() for pin in pins}
    assert len(names) == len(pins)
    assert {"flask", "sqlalchemy", "whoosh-reloaded", "markdown", "pytest", "setuptools"} <= names
