"""How good the proposals for the exports of the tests are: `make proposals`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from tests.unit.suggest import schema_matching
from tests.unit.suggest.exports import EXPORTS
from tests.unit.suggest.scoring import all_proposals, all_verdicts


def main() -> int:
    """Print the figures; the exit status tells whether they are good enough.

    With an argument, those for an archive of tables with known matches in place of the exports.
    """
    if len(sys.argv) > 1:
        schema_matching.report(Path(sys.argv[1]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = all_verdicts(all_proposals(Path(folder)))
    click.echo(f"{'export':28}{'columns':>8}{'right':>7}{'wrong field':>13}{'… with high':>13}  target")
    wanted = {export.name: export.target for export in EXPORTS}
    every = []
    for name, (target, verdicts) in found.items():
        every += verdicts
        click.echo(
            _line(name, verdicts) + f"  {target}{'' if target == wanted[name] else f' (expected {wanted[name]})'}"
        )
    click.echo(
        _line("all", every) + f"  {sum(wanted[name] == target for name, (target, _) in found.items())} of {len(found)}"
    )
    for verdict in every:
        if not verdict.right:
            click.echo(
                f"  {verdict.export}: {verdict.column}: expected {verdict.expected}, "
                f"proposed {verdict.proposed} {verdict.confidence}"
            )
    right = sum(verdict.right for verdict in every)
    harm = sum(verdict.wrong_field and verdict.confidence == "high" for verdict in every)
    click.echo(f"{right} of {len(every)} columns right ({right / len(every):.1%}), {harm} wrong with high confidence.")
    return int(right < 0.9 * len(every) or harm > 0)


def _line(name: str, verdicts: list) -> str:
    wrong = [verdict for verdict in verdicts if verdict.wrong_field]
    high = sum(verdict.confidence == "high" for verdict in wrong)
    return f"{name:28}{len(verdicts):>8}{sum(v.right for v in verdicts):>7}{len(wrong):>13}{high:>13}"


if __name__ == "__main__":
    sys.exit(main())
