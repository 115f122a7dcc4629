"""frictionless: validate a CSV file with the rules of the benchmark's mapping. Arguments: file."""

import sys

from frictionless import Resource, Schema, system
from rules import SCHEMA


def main() -> None:
    """Print the number of errors."""
    with system.use_context(trusted=True):
        resource = Resource(path=sys.argv[1], schema=Schema.from_descriptor(SCHEMA))
        report = resource.validate(limit_errors=10_000_000)
    print(report.stats["errors"])


if __name__ == "__main__":
    main()
