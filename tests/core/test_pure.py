"""Text gate, tokens, working time."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.core import text, tokens
from app.core.processes import logs
from app.core.worktime import WorkWeek

BERLIN = WorkWeek(ZoneInfo("Europe/Berlin"), holidays=frozenset({date(2026, 5, 1)}))


def at(day: str, hour: int = 10) -> datetime:
    return (
        datetime.fromisoformat(f"{day}T{hour:02}:00")
        .replace(tzinfo=ZoneInfo("Europe/Berlin"))
        .astimezone(UTC)
    )


@pytest.mark.parametrize(
    ("given", "kept"), [("a\x00b\r\nc", "ab\nc"), ("e\u0301", "é"), ("\ufeffhi ", "hi"), ("a\ufdd0b", "ab")]
)
def test_the_gate_makes_text_storable(given, kept):
    assert text.clean(given, limit=10) == kept


def test_the_gate_refuses_broken_and_long_text():
    with pytest.raises(text.UnreadableText, match="broken"):
        text.clean("\ud83d", limit=10)
    with pytest.raises(text.UnreadableText, match="longer than 3"):
        text.clean("abcd", limit=3)
    with pytest.raises(text.UnreadableText, match="UTF-8"):
        text.decode(b"\xff\xfe")


def test_one_line_folds_white_space_and_cuts():
    assert text.line(" a\n b\t c ", limit=9) == "a b c"
    assert text.line("abcdef", limit=4) == "abcd"


def test_addresses_of_one_mailbox_have_one_key():
    same = {
        text.email_key(a) for a in ("Kim@Bücher.example", " kim@xn--bcher-kva.example ", "KIM@bücher.example")
    }
    assert same == {"kim@xn--bcher-kva.example"}
    assert text.email_key("kim+a@b.example") != text.email_key("kim@b.example")
    with pytest.raises(text.UnreadableText):
        text.email("kim at b.example")


def test_nonces_made_many_at_a_time_are_as_random_as_single_ones():
    made = list(itertools.islice(tokens.new_nonces(), 20_000))
    assert len({nonce[:8] for nonce in made}) == len({nonce[-8:] for nonce in made}) == 20_000
    assert {len(nonce) for nonce in made} == {tokens.NONCE_LENGTH}
    for place in range(tokens.NONCE_LENGTH):
        counts = Counter(nonce[place] for nonce in made)
        assert len(counts) == 64
        assert 200 < min(counts.values()) <= max(counts.values()) < 430


def test_a_token_is_read_back_and_a_forged_one_is_not():
    signer = tokens.Signer(["new key", "old key"])
    nonce = tokens.new_nonce()
    token = signer.token(nonce)
    assert signer.nonce(token) == nonce
    assert tokens.Signer(["old key"]).token(nonce) != token
    assert signer.nonce(tokens.Signer(["old key"]).token(nonce)) == nonce
    assert tokens.Signer(["new key"], "unsubscribe").nonce(token) is None
    for forged in (
        token[:-1],
        token.lower(),
        token + "=",
        "",
        "ä" * 44,
        token[:-1] + ("A" if token[-1] != "A" else "B"),
    ):
        assert signer.nonce(forged) is None, forged


def test_business_hours_stop_at_night_on_weekends_and_holidays():
    assert BERLIN.add_hours(at("2026-03-04", 16), 2) == at("2026-03-05", 10)
    assert BERLIN.add_hours(at("2026-03-06", 16), 24) == at("2026-03-11", 16)
    assert BERLIN.add_hours(at("2026-04-30", 16), 2) == at("2026-05-04", 10)
    assert BERLIN.add_hours(at("2026-03-07", 12), 8) == at("2026-03-09", 17)


def test_business_days_end_with_the_working_day():
    assert BERLIN.add_days(at("2026-03-05"), 2) == at("2026-03-09", 17)
    assert BERLIN.add_days(at("2026-04-30"), 1) == at("2026-05-04", 17)


def test_hours_between_are_working_hours():
    assert BERLIN.hours_between(at("2026-03-06", 16), at("2026-03-09", 10)) == 2
    assert BERLIN.hours_between(at("2026-03-07"), at("2026-03-08")) == 0
    assert BERLIN.hours_between(at("2026-03-09"), at("2026-03-06")) == 0


def test_logs_show_neither_tokens_nor_addresses():
    shown = logs.hide("GET /a/abcdefghijklmnopqrstuv0123 for kim.o@mail.customer.example")
    assert shown == "GET /a/(token) for (address)"


def test_a_week_of_ones_own_is_read_from_its_row():
    week = {"days": [5, 6], "start": "10:00", "end": "14:30"}
    own = WorkWeek.of(ZoneInfo("Europe/Berlin"), week, ["2026-05-09"])
    assert own.hours_per_day == 4.5
    assert own.add_hours(at("2026-05-07"), 1) == at("2026-05-10", 11), "Saturday is a holiday"
    assert WorkWeek.of(ZoneInfo("Europe/Berlin"), {}, ["2026-05-01"]) == BERLIN
