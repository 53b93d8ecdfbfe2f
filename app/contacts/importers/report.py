"""What an import did or would do: the counts, the people who cannot be asked, and every reason by line."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TextIO

from flask_babel import gettext as _

from app.contacts.importers.cells import is_damaged
from app.contacts.importers.reading import AnyRow, Reading
from app.contacts.importers.rows import AccountRow, Issue
from app.core.files.downloads import inert

MOST_ISSUES_KEPT = 5000


@dataclass
class Report:
    """Counts of one import. `rows` is always created + updated + unchanged + skipped + rejected.

    `not_askable` counts people by reason; somebody with two reasons is counted under both, `askable` has none.
    `owners_unmatched` gives, for each owner nobody could be found for, the number of accounts. Issues beyond the
    most that are kept are only counted.
    """

    file: str
    encoding: str
    delimiter: str
    header_line: int
    preset: str
    is_dry_run: bool = False
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0
    accounts_created: int = 0
    askable: int = 0
    not_askable: Counter[str] = field(default_factory=Counter)
    owners_unmatched: Counter[str] = field(default_factory=Counter)
    blank_lines: int = 0
    footer_lines: int = 0
    notes: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    issues_left_out: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    most_issues: int = MOST_ISSUES_KEPT

    @classmethod
    def of(cls, reading: Reading, *, is_dry_run: bool = False, most_issues: int = MOST_ISSUES_KEPT) -> Report:
        table = reading.table
        return cls(
            file=table.name,
            encoding=table.encoding.name,
            delimiter=table.delimiter,
            header_line=table.header_line,
            preset=reading.layout.preset.name,
            is_dry_run=is_dry_run,
            notes=reading.notes,
            headers={name: reading.layout.header(name) for name in reading.layout.columns},
            most_issues=most_issues,
        )

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.skipped + self.rejected

    def note_all(self, issues: Iterable[Issue]) -> None:
        """Keep issues; a column named by its field is shown by its header in the file."""
        for issue in issues:
            if len(self.issues) < self.most_issues:
                column = self.headers.get(issue.column, issue.column)
                self.issues.append(issue if column == issue.column else replace(issue, column=column))
            else:
                self.issues_left_out += 1

    def reject(self, issue: Issue) -> None:
        self.rejected += 1
        self.note_all([issue])

    def count(self, *, is_new: bool, is_changed: bool) -> None:
        if is_new:
            self.created += 1
        elif is_changed:
            self.updated += 1
        else:
            self.unchanged += 1

    def as_dict(self) -> dict:
        """The report as JSON gives it; issues in the order of their lines."""
        return {
            "file": self.file,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "header_line": self.header_line,
            "preset": self.preset,
            "dry_run": self.is_dry_run,
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "accounts_created": self.accounts_created,
            "askable": self.askable,
            "not_askable": dict(self.not_askable),
            "owners_unmatched": [
                {"owner": o, "accounts": n} for o, n in sorted(self.owners_unmatched.items())
            ],
            "blank_lines": self.blank_lines,
            "footer_lines": self.footer_lines,
            "notes": self.notes,
            "issues": [
                {
                    "line": i.line,
                    "column": i.column,
                    "value": i.value,
                    "reason": i.reason,
                    "rejected": i.is_rejected,
                }
                for i in sorted(self.issues, key=lambda i: i.line)
            ],
            "issues_left_out": self.issues_left_out,
        }


def good_rows(reading: Reading, report: Report, size: int) -> Iterator[list[AnyRow]]:
    """The readable rows in lists of at most `size`; refused ones go into the report, which then also counts lines."""
    rows: list[AnyRow] = []
    damaged = 0
    for row in reading:
        if isinstance(row, Issue):
            report.reject(row)
            continue
        if row.issues:
            report.note_all(row.issues)
        damaged += is_damaged(row.name if isinstance(row, AccountRow) else row.account_name)
        rows.append(row)
        if len(rows) == size:
            yield rows
            rows = []
    report.blank_lines, report.footer_lines = reading.table.blank_lines, reading.table.footer_lines
    if damaged:
        words = _(
            "%(n)s rows have question marks where an export lost letters; only their ids can match.",
            n=damaged,
        )
        report.notes.append(words)
    yield rows


def write_issues(out: TextIO, issues: list[dict]) -> None:
    """The issues as CSV, safe to open in a spreadsheet: a text that would be a formula gets an apostrophe."""
    writer = csv.writer(out)
    writer.writerow(["line", "column", "value", "reason", "rejected"])
    for issue in issues:
        texts = [issue["column"], issue["value"], issue["reason"]]
        writer.writerow([issue["line"], *map(inert, texts), "yes" if issue["rejected"] else "no"])
