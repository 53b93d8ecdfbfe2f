"""Columns that have given up what only making their tables needs."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from app.core.processes.memory import tables


def test_a_slim_column_says_the_same_and_can_be_listened_to():
    letters = sa.Table("letters", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    kind = sa.Column("kind", sa.Enum("plain", "long", native_enum=False, create_constraint=True))
    answers = sa.Table("answers", letters.metadata, sa.Column("letter", sa.ForeignKey(letters.c.id)), kind)
    inner = sa.select(answers).where(kind == "long").subquery()
    query = sa.select(inner.c.kind, letters.c.id).join_from(letters, inner)
    before = [str(CreateTable(answers)), str(query), str(sa.select(letters).join(answers))]
    assert "dispatch" in vars(kind)
    for column in (*answers.c, *letters.c):
        tables.slim(column)
    assert "dispatch" not in vars(kind)
    assert kind.foreign_keys is letters.c.id.foreign_keys is tables.NONE
    again = sa.select(answers).where(kind == "long").subquery()
    query = sa.select(again.c.kind, letters.c.id).join_from(letters, again)
    assert [str(CreateTable(answers)), str(query), str(sa.select(letters).join(answers))] == before
    assert next(iter(answers.c.letter.foreign_keys)).column is letters.c.id
    heard = []
    sa.event.listen(kind, "after_parent_attach", lambda *seen: heard.append(seen))
    kind.dispatch.after_parent_attach(kind, answers)
    assert heard == [(kind, answers)]
