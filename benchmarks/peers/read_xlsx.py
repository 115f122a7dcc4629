"""Read all cells of a workbook as text. Arguments: openpyxl or calamine, file."""

import sys


def main():
    """Print the number of rows."""
    if sys.argv[1] == "openpyxl":
        import pandas as pd

        print(len(pd.read_excel(sys.argv[2], dtype=str, engine="openpyxl", keep_default_na=False)))
        return
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(sys.argv[2]).get_sheet_by_index(0).to_python()
    print(len(rows) - 1)


if __name__ == "__main__":
    main()
