"""What looking for spoiled columns costs: seconds of the detective in a check of 100,000 rows of 20 columns.

Run it with ``python benchmarks/damage.py [rows]`` in the project's folder.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data import MAPPING, write_csv

from importer.config.settings import Locale
from importer.data_quality.analyzer import DataQualityAnalyzer
from importer.planning.plan import PlanRequest, plan_import, prepare_import


def main() -> None:
    """Plan three times and tell the best figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    spent = [0.0]
    look = DataQualityAnalyzer.add
    DataQualityAnalyzer.add = _timed(look, spent)  # type: ignore[method-assign]
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_csv(folder / "rows.csv", count)
        (folder / "rows.yaml").write_text(MAPPING, "utf-8")
        request = PlanRequest(folder / "rows.csv", folder / "rows.yaml", locale=Locale("Asia/Kolkata", "IN"))
        for attempt in range(3):
            spent[0], began, wall = 0.0, time.process_time(), time.perf_counter()
            plan_import(prepare_import(request), folder / f"plan-{attempt}", datetime.now(UTC))
            found.append((spent[0], time.process_time() - began, time.perf_counter() - wall))
    own, whole, wall = min(found)
    sys.stdout.write(
        f"{count:,} rows: detective {own:.3f} s of {whole:.2f} s computing ({own / whole:.1%}), {wall:.2f} s in all\n"
    )


def _timed(look: Callable[..., None], spent: list[float]) -> Callable[..., None]:
    def timed(*arguments: Any) -> None:
        began = time.thread_time()
        look(*arguments)
        spent[0] += time.thread_time() - began

    return timed


if __name__ == "__main__":
    main()
