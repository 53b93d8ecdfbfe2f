"""Rows of the queue as finished text, kept for as long as they say the same.

A page has mostly the rows of the page before it. They are found and read anew each time, so that every page shows what is
so; only what has been written of exactly these rows is written once more, and no longer than their words about time hold.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import current_app
from markupsafe import Markup

from app.followups.listing.finding import Group
from app.followups.listing.showing import Rows

MOST = 400
LONGEST = timedelta(days=1)


class Kept(NamedTuple):
    """A row as it was written, from when, and until when that is so."""

    text: str
    since: datetime
    until: datetime


KEPT: dict[tuple[Hashable, ...], dict[tuple[Hashable, ...], Kept]] = {}


def written(
    rows: Rows, groups: Sequence[Group], picked: Collection[int], *, with_owner: bool, may_pick: bool
) -> Markup:
    """The rows of a page in their order. Those of a page on which something is chosen are not kept."""
    known = KEPT.setdefault((*rows.place, with_owner, may_pick), {})
    given = {"may_pick": may_pick, "picked": picked, "choose": rows.choose, "with_owner": with_owner}
    macro = current_app.jinja_env.get_template("followups/queue_rows.html").module.queue_row
    texts = []
    for group in groups:
        key = (group.together, rows.is_high(group.standing), group.raw)
        row = None if picked else known.get(key)
        if row is None or not row.since <= rows.now < row.until:
            rows.lasts = LONGEST.total_seconds()
            text = macro(rows.group(group, picked), **given)
            row = Kept(text, rows.now, rows.now + timedelta(seconds=rows.lasts))
            if not picked and rows.lasts > 0:
                keep(known, key, row)
        texts.append(row.text)
    return Markup("").join(texts)


def keep(known: dict[tuple[Hashable, ...], Kept], key: tuple[Hashable, ...], row: Kept) -> None:
    """A few hundred rows, some of a megabyte; when there are more, all are let go."""
    if sum(map(len, KEPT.values())) >= MOST:
        KEPT.clear()
        known.clear()
    known[key] = row
