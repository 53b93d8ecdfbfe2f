"""Pages of long lists: where they begin and end, whatever the address says."""

from __future__ import annotations

import pytest

from app.core.web.paging import Page


@pytest.fixture
def database_kind() -> str:
    """Nothing is stored here."""
    return "sqlite"


@pytest.mark.parametrize(
    ("page", "first", "last", "previous", "following"),
    [
        (Page(50, 400), 1, 50, None, 50),
        (Page(50, 400, 50), 51, 100, 0, 100),
        (Page(50, 400, 350), 351, 400, 300, None),
        (Page(50, 53, 50), 51, 53, 0, None),
        (Page(50, 100, 30), 31, 80, 0, 80),
        (Page(50, 400, 50, after=7), 51, 100, None, 100),
    ],
)
def test_a_page_knows_its_rows_and_its_neighbours(page, first, last, previous, following):
    assert (page.first, page.last, page.previous_start, page.next_start) == (first, last, previous, following)
    assert not page.is_all
    assert not page.is_past_end


def test_a_short_list_is_all_there_is():
    assert Page(50, 50).is_all
    assert Page(50, 0).is_all
    assert not Page(50, 51).is_all
    assert Page(50, 40, 50).is_past_end
    assert not Page(50, 0, 50).is_past_end


@pytest.mark.parametrize("start", ["", "-5", "x", "9" * 25, "%00", "1.5"])
def test_a_place_that_is_none_is_the_first(app, start):
    with app.test_request_context(f"/?start={start}"):
        assert Page.asked(50, 400) == Page(50, 400)


def test_the_address_names_the_place_or_the_last_row_before(app):
    with app.test_request_context("/?start=100"):
        assert Page.asked(50, 400) == Page(50, 400, 100)
        assert Page.asked_after(50, 400) == Page(50, 400), "a place without its row says nothing"
    with app.test_request_context("/?start=100&after=7"):
        assert Page.asked_after(50, 400) == Page(50, 400, 100, 7)
    with app.test_request_context(f"/?after={2**63}"):
        assert Page.asked_after(50, 400).after is None
