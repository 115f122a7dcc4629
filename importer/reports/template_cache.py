"""A cache of compiled Jinja templates: compiled once per installation, not at every start, like Python's modules."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache

from importer.core.filesystem import atomic_write


class TemplateCache(BytecodeCache):
    """A cache of compiled templates in ``folder``, which must be as hard to write to as the program itself.

    ``made_by`` is the file whose settings they were compiled with: when it, the template or Jinja changes, they are
    compiled anew. Where the folder cannot be written, or Python was told to leave no bytecode, nothing is kept.
    """

    def __init__(self, folder: Path, made_by: Path) -> None:
        self._folder = folder
        self._head = f"{version('jinja2')} {made_by.stat().st_mtime_ns}\n".encode()

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            content = self._place(bucket).read_bytes()
            if content.startswith(self._head):
                # What is broken in it, Jinja notices and compiles anew.
                bucket.load_bytecode(BytesIO(content[len(self._head) :]))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        content = BytesIO()
        bucket.write_bytecode(content)
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            atomic_write(self._place(bucket), self._head + content.getvalue(), durable=False)

    def _place(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.jinja"
