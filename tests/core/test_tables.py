"""Files of every encoding, separator and line ending are read as the same table, and each row keeps its line."""

from __future__ import annotations

import codecs
import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.files.tables import fold, open_table, sniff_delimiter

SAMPLES = Path(__file__).parent.parent / "data" / "crm_samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
KNOWN = {fold(h) for h in ("Email", "E-Mail", "First Name", "Name", "Account Name", "ARR", "Kunde", "Survey")}
PEOPLE = [
    ["Name", "Email", "Note"],
    *(
        [f"Jürgen Weiß {i}", f"person{i}@northwind.example", f'said "maybe",\nthen yes; {i}']
        for i in range(100)
    ),
]


def table(raw: bytes, known=KNOWN):
    return open_table(io.BytesIO(raw), name="people.csv", known=known)


def written(rows: list[list[str]], delimiter: str = ",", ending: str = "\r\n") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=ending).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("cp1252", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_every_convention_gives_the_same_hundred_people(encoding, bom, delimiter, ending):
    found = table(bom + written(PEOPLE, delimiter, ending).encode(encoding))
    assert found.headers == PEOPLE[0]
    assert found.delimiter == delimiter
    assert [row.cells for row in found.rows()] == PEOPLE[1:]


@pytest.mark.parametrize(
    "name", [n for n in EXPECTED if "header_line" in EXPECTED[n] or "rows" in EXPECTED[n]]
)
def test_samples_are_read_as_expected(name):
    expected = EXPECTED[name]
    with (SAMPLES / name).open("rb") as stream:
        found = open_table(stream, name=name, known=KNOWN)
        rows = list(found.rows())
        assert found.encoding.name in expected["encoding"]
        assert found.delimiter == expected.get("delimiter", ",")
        assert found.header_line == expected.get("header_line", 1)
        assert len(rows) == expected.get("rows", expected.get("contacts"))
        assert found.footer_lines == expected.get("footer_lines", 0)


def test_messy_sample_counts_blank_lines_and_names_lines():
    with (SAMPLES / "09_messy_duplicates.csv").open("rb") as stream:
        found = open_table(stream, known=KNOWN)
        rows = list(found.rows())
    assert (len(rows), found.blank_lines) == (17, 2)
    assert [row.line for row in rows][-3:] == [18, 19, 21]
    assert rows[-1].beyond == ["cells"]


def test_windows_1252_is_said_in_the_notes():
    found = table("Name;Email\nWeiß;w@northwind.example\n".encode("cp1252"))
    assert found.encoding.name == "cp1252"
    assert "Windows-1252" in found.notes[0]
    assert not table("Name;Email\nWeiß;w@northwind.example\n".encode()).notes


def test_a_broken_byte_costs_one_line_of_a_utf8_file():
    lines = [f"Weiß {i},person{i}@northwind.example".encode() for i in range(10)]
    lines[4] = b"Wei\xdf 4,person4@northwind.example"
    found = table(b"\n".join([b"Name,Email", *lines]))
    rows = list(found.rows())
    assert [row.line for row in rows if row.problem] == [6]
    assert rows[5].cells == ["Weiß 5", "person5@northwind.example"]
    assert "1 broken byte" in found.notes[0]


def test_rows_can_be_read_again():
    found = table(b"Name,Email\n\nAnna,a@northwind.example\nTotal\n")
    assert list(found.rows()) == list(found.rows())
    assert (found.blank_lines, found.footer_lines) == (1, 1)


def test_titles_above_the_header_are_passed_over():
    found = table(
        b"Contacts of the year,,\nmade on 2024-05-01,,\n\nName,Email,ARR\nAnna,a@northwind.example,1\n"
    )
    assert found.header_line == 4
    assert [(row.line, row.cells[0]) for row in found.rows()] == [(5, "Anna")]


def test_a_short_line_is_a_footer_only_at_the_end():
    found = table(b"Name,Email,ARR\nSubtotal\nAnna,a@northwind.example,1\nTotal\n\nConfidential\n")
    assert [row.line for row in found.rows()] == [2, 3]
    assert (found.footer_lines, found.blank_lines) == (2, 1)


def test_a_padded_grand_total_is_a_footer_and_a_lone_address_is_not():
    found = table(b"Name,Email,ARR\nAnna,a@northwind.example,1\nGrand Totals (1 records),,\n")
    assert [row.line for row in found.rows()] == [2]
    assert found.footer_lines == 1
    found = table(b"Email,Name,ARR\nb@northwind.example\n")
    assert [row.cells for row in found.rows()] == [["b@northwind.example", "", ""]]


def test_a_cell_longer_than_the_reader_takes_costs_its_own_line_only():
    long = b"Ben," + b"b" * 140_000
    found = table(b"Name,Email\nAnna,a@northwind.example\n" + long + b"\nCleo,c@northwind.example\n")
    assert [(row.line, row.cells[0], row.problem) for row in found.rows()] == [
        (2, "Anna", None),
        (3, "", "A cell of this line is far too long to be read."),
        (4, "Cleo", None),
    ]


def test_an_open_quotation_mark_costs_its_own_line_only():
    lines = ["Name,Email,Note", 'Anna,a@northwind.example,"never closed', "Ben,b@northwind.example,fine"]
    lines += ['Cleo,c@northwind.example,"two\nlines"', "Dan,d@northwind.example,fine"]
    rows = list(table("\n".join(lines).encode()).rows())
    assert [(row.line, row.cells[0], bool(row.problem)) for row in rows] == [
        (2, "", True),
        (3, "Ben", False),
        (4, "Cleo", False),
        (6, "Dan", False),
    ]


def test_stray_quotation_marks_inside_a_cell_are_kept():
    rows = list(table(b'Name,Email\n"Anna "the boss" Lund",a@northwind.example\n').rows())
    assert not rows[0].problem
    assert rows[0].cells[0].replace('"', "") == "Anna the boss Lund"
    assert rows[0].cells[1] == "a@northwind.example"


def test_an_open_quotation_mark_in_a_long_file_is_given_up_early():
    lines = ["Name,Email", 'Anna,"open', *(f"Ben {i},b{i}@northwind.example" for i in range(20_000))]
    rows = list(table("\n".join(lines).encode()).rows())
    assert len(rows) == 20_001
    assert [row.line for row in rows if row.problem] == [2]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"\n\n \n", "empty"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "Excel workbook"),
        (b"%PDF-1.7", "not a table"),
        ("Name,Email\nAnna,a@northwind.example".encode("utf-16-le"), "not a text file"),
        (bytes(range(0x80, 0xA0)) * 3, "encoding"),
    ],
)
def test_what_is_no_table_is_refused_in_words(raw, words):
    with pytest.raises(Invalid, match=words):
        table(raw)


def test_headers_fold_case_marks_and_blanks():
    assert fold(" E-mail  Address ") == fold("EMAIL ADDRESS") == "emailaddress"
    assert fold("Associated Company IDs") != fold("Associated Company IDs (Primary)")


def test_decimal_commas_do_not_pass_for_separators():
    assert sniff_delimiter(["Kunde;ARR;Name", "A;240.000,00;Weiß, J", "B;96.000,00;Lund, K"]) == ";"


def test_known_headers_decide_between_separators():
    rows = [["Name", "Email"], *([f"a;{i}", "x;y;z@northwind.example"] for i in range(5))]
    found = table(written(rows).encode())
    assert found.delimiter == ","
    assert [row.cells for row in found.rows()] == rows[1:]


@example(b"\xe1\x8d")
@given(st.binary(max_size=400))
def test_no_bytes_bring_the_reader_down(raw):
    try:
        found = table(b"Name,Email\n" + raw)
    except Invalid:
        return
    for row in found.rows():
        assert len(row.cells) == len(found.headers)


@example([[";", ";"], [";", ";"]])
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
            min_size=2,
            max_size=2,
        ),
        max_size=12,
    )
)
def test_what_was_written_is_read_or_counted(rows):
    found = table(written([["Name", "Email"], *rows]).encode())
    read = [row.cells for row in found.rows()]
    assert len(read) + found.blank_lines + found.footer_lines == len(rows)
    filled = [cells for cells in rows if any(cell.strip() for cell in cells)]
    assert read == filled[: len(read)]
