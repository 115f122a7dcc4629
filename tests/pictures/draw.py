"""`make pictures`: the reports of every scene as pictures, to be looked at.

The page at desktop and phone width, light and dark; each sheet of the workbook as LibreOffice shows it. Needs
chromium, LibreOffice and pdftoppm.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scenes import SCENES, play

_WIDTHS = {"desktop": 1200, "phone": 390}
_SCHEMES = {"light": "1", "dark": "0"}


def main(arguments: list[str]) -> int:
    """Draw the scenes named in ``arguments`` after the output folder, or all of them."""
    output = Path(arguments[0] if arguments else "pictures").resolve()
    output.mkdir(parents=True, exist_ok=True)
    missing = [tool for tool in ("chromium", "soffice", "pdftoppm") if shutil.which(tool) is None]
    if missing:
        sys.stderr.write(f"Not on this computer: {', '.join(missing)}.\n")
        return 2
    for scene in SCENES:
        if arguments[1:] and scene.name not in arguments[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            book = play(scene, Path(folder))
            for old in output.glob(f"{scene.name}-*.png"):
                old.unlink()
            for picture in (*page_pictures(book.with_suffix(".html"), output), *book_pictures(book, output)):
                sys.stdout.write(f"{picture}\n")
    return 0


def page_pictures(page: Path, output: Path) -> list[Path]:
    """The page at each width, light and dark."""
    made = []
    for size, width in _WIDTHS.items():
        for scheme, setting in _SCHEMES.items():
            picture = output / f"{page.stem}-page-{size}-{scheme}.png"
            command = [
                "chromium",
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--blink-settings=preferredColorScheme={setting}",
                f"--window-size={width},{4200 if size == 'phone' else 3400}",
                f"--screenshot={picture}",
                page.as_uri(),
            ]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            made.append(picture)
    return made


def book_pictures(book: Path, output: Path) -> list[Path]:
    """The first pages of the workbook, as printed."""
    folder = book.parent
    home = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    convert = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(book)]
    subprocess.run(convert, check=True, capture_output=True, timeout=240)
    stem = output / f"{book.stem}-book"
    draw = ["pdftoppm", "-png", "-r", "80", "-l", "6", str(folder / f"{book.stem}.pdf"), str(stem)]
    subprocess.run(draw, check=True, timeout=120)
    return sorted(output.glob(f"{book.stem}-book-*.png"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
