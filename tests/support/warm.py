"""Loads what nearly every command needs, once, before commands are forked from the process that imports this."""

from __future__ import annotations

import contextlib
import gc
import importlib
import pkgutil

from tests.support import lean  # noqa: F401  before all that is heavy

# isort: split
import dbos  # noqa: F401
import jinja2  # noqa: F401
import pandas
import pandera.pandas
import phonenumbers  # noqa: F401
import pyarrow.compute
import pyarrow.ipc
import pyarrow.parquet  # noqa: F401
import pydantic  # noqa: F401
import rapidfuzz.process  # noqa: F401
import requests  # noqa: F401
import sqlalchemy.dialects.sqlite  # noqa: F401
import yaml  # noqa: F401

import importer
from importer.reports.html.page import _environment
from tests.support import commands  # noqa: F401

_OWN_PROCESSES = ("importer.sandbox", "importer.__main__", "importer.samples")

for module in pkgutil.walk_packages(importer.__path__, "importer."):
    if not module.name.startswith(_OWN_PROCESSES):
        # What needs a package that is not installed here is loaded by nobody.
        with contextlib.suppress(ImportError):
            importlib.import_module(module.name)

# What is made at the first use and kept: pandera's rules, the page's templates.
pandera.pandas.DataFrameSchema({"a": pandera.pandas.Column(str)}).validate(pandas.DataFrame({"a": ["x"]}))
for name in ("report.html.j2", "report.css.j2"):
    _environment().get_template(name)

# What is loaded here stays for ever: no process that is forked from here need look through it, and so copy it.
gc.collect()
gc.freeze()
