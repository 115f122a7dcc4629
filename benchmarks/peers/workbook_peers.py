"""The same 12 columns as the results workbook, written by a library row by row.

Arguments: openpyxl or xlsxwriter, file, rows.
"""

import sys

HEADINGS = ["RowNumber", "ActivityCreated", "Status", "Error", "ErrorCode", "ProspectActivityId", "LeadId", "RequestId",
            "Lead ID", "E-mail", "City", "Remark"]  # fmt: skip


def rows(count):
    """The cells of made-up rows."""
    for number in range(2, count + 2):
        lead = f"{number:08x}-1111-4000-8000-000000000000"
        remark = f"=not a formula {number}" if number % 100 == 0 else f"note {number} & more"
        yield [number, "TRUE", "created", "", "", f"{number:08x}-0000-4000-8000-000000000000", lead, "", lead,
               f"person.{number}@example.com", ("Bengaluru", "São Paulo")[number % 2], remark]  # fmt: skip


def by_openpyxl(path, count):
    """A write-only workbook with a frozen heading, a filter and coloured statuses."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import PatternFill

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Results")
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:L{count + 1}"
    fill = PatternFill("solid", fgColor="D8F0DC")
    sheet.append(HEADINGS)
    for cells in rows(count):
        status = WriteOnlyCell(sheet, cells[2])
        status.fill = fill
        remark = WriteOnlyCell(sheet, cells[11])
        remark.data_type = "s"
        sheet.append([*cells[:2], status, *cells[3:11], remark])
    book.save(path)


def by_xlsxwriter(path, count):
    """A workbook in constant memory with the same looks."""
    from xlsxwriter import Workbook

    with Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Results")
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, count, 11)
        fill = book.add_format({"bg_color": "#D8F0DC"})
        for column, heading in enumerate(HEADINGS):
            sheet.write_string(0, column, heading)
        for line, cells in enumerate(rows(count), start=1):
            sheet.write_number(line, 0, cells[0])
            for column, text in enumerate(cells[1:], start=1):
                if text:
                    sheet.write_string(line, column, text, fill if column == 2 else None)


def main():
    """Write the file."""
    {"openpyxl": by_openpyxl, "xlsxwriter": by_xlsxwriter}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))


if __name__ == "__main__":
    main()
