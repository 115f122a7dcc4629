"""`make pictures`: the reports of every scene as pictures, to be looked at, and those that the docs show.

The page at desktop and phone width, light and dark, and as it is printed; each sheet of the workbook as LibreOffice
shows it. Needs chromium, LibreOffice and pdftoppm.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.support.pictures.scenes import SCENES, play

_WIDTHS = {"desktop": 1200, "phone": 390}
_DOCS = Path(__file__).parents[3] / "docs" / "pictures"
_SHOWN_PAGE, _SHOWN_BOOK = "troubled", "finished"


def main(arguments: list[str]) -> int:
    """Draw the scenes named in ``arguments`` after the output folder, or all of them, and what the docs show of these."""
    output = Path(arguments[0] if arguments else "pictures").resolve()
    output.mkdir(parents=True, exist_ok=True)
    missing = [tool for tool in ("chromium", "soffice", "pdftoppm") if shutil.which(tool) is None]
    if missing:
        sys.stderr.write(f"Not on this computer: {', '.join(missing)}.\n")
        return 2
    with sync_playwright() as play_write:
        browser = play_write.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scene in SCENES:
            if arguments[1:] and scene.name not in arguments[1:]:
                continue
            for old in output.glob(f"{scene.name}-*.png"):
                old.unlink()
            with tempfile.TemporaryDirectory() as folder:
                book = play(scene, Path(folder))
                page = book.with_suffix(".html")
                made = [*page_pictures(browser, page, output), *book_pictures(book, output)]
                if scene.name == _SHOWN_PAGE:
                    made.append(page_for_docs(browser, page))
                if scene.name == _SHOWN_BOOK:
                    made.append(book_for_docs(book))
            sys.stdout.writelines(f"{picture}\n" for picture in made)
        browser.close()
    return 0


def page_pictures(browser: Any, page: Path, output: Path) -> list[Path]:
    """The whole page at each width, light and dark, and the sheets of paper that it fills."""
    made = []
    for size, width in _WIDTHS.items():
        for scheme in ("light", "dark"):
            tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            tab.goto(page.as_uri())
            made.append(output / f"{page.stem}-page-{size}-{scheme}.png")
            tab.screenshot(path=made[-1], full_page=True)
            if (size, scheme) == ("desktop", "light"):
                printed = page.with_suffix(".page.pdf")
                tab.pdf(path=printed, format="A4")
                made += _drawn(printed, output / f"{page.stem}-print", "-r", "60", "-l", "3")
            tab.close()
    return made


def book_pictures(book: Path, output: Path) -> list[Path]:
    """The first pages of the workbook, as printed."""
    return _drawn(_as_pdf(book), output / f"{book.stem}-book", "-r", "110", "-l", "6")


def page_for_docs(browser: Any, page: Path) -> Path:
    """The upper part of the page."""
    picture = _DOCS / "report.png"
    tab = browser.new_page(viewport={"width": 1000, "height": 900}, color_scheme="light")
    tab.goto(page.as_uri())
    tab.screenshot(path=picture)
    tab.close()
    return picture


def book_for_docs(book: Path) -> Path:
    """The upper left of the sheet To fix, which is the last page of a short one."""
    corner = ["-r", "180", "-x", "125", "-y", "131", "-W", "1340", "-H", "485"]
    drawn = _drawn(_as_pdf(book), book.with_name("corner"), *corner)[-1]
    return Path(shutil.copyfile(drawn, _DOCS / "to-fix.png"))


def _as_pdf(book: Path) -> Path:
    made = book.with_suffix(".pdf")
    if not made.is_file():
        home = f"-env:UserInstallation={(book.parent / 'office').as_uri()}"
        convert = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(book.parent), str(book)]
        subprocess.run(convert, check=True, capture_output=True, timeout=240)
    return made


def _drawn(pdf: Path, stem: Path, *options: str) -> list[Path]:
    subprocess.run(["pdftoppm", "-png", *options, str(pdf), str(stem)], check=True, timeout=120)
    return sorted(stem.parent.glob(f"{stem.name}-*.png"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
