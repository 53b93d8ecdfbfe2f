"""Themes: phrases are found without regular expressions of users, heard by clause, and counted honestly."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import jobs
from app.contacts.models import Stage
from app.core import audit
from app.core.errors import Invalid
from app.reports.themes import counts
from app.sentiment.judging import corrections
from app.sentiment.models import Ground, Label, Mention, StoredReading, Suggestion, Theme
from app.sentiment.themes import dictionary, suggesting
from app.sentiment.themes.matching import Dictionary, Entry
from tests import make
from tests.conftest import NOW
from tests.posting import token

DAYS = f"from={NOW.date()}&to={NOW.date()}"
BOTH = "The support team is excellent and very helpful, but the reports are terrible and useless."


def found(text: str, *phrases: str, exclusions: tuple[str, ...] = ()) -> list[str]:
    entries = [Entry(1, phrase) for phrase in phrases] + [Entry(1, one, True) for one in exclusions]
    return [text[hit.start : hit.end] for hit in Dictionary(entries).find(text)]


@pytest.fixture
def themes(session, now) -> dict[str, int]:
    dictionary.ensure(session, now=now)
    session.commit()
    return {theme.key: theme.id for theme in session.scalars(sa.select(Theme))}


def heard(session) -> dict[str, Label]:
    session.commit()
    jobs.find_themes(NOW)
    session.expire_all()
    query = sa.select(Theme.key, Mention.label).join(Mention, Mention.theme_id == Theme.id)
    return dict(session.execute(query.where(Theme.is_active)).all())


def test_phrases_are_words_stems_and_signs_and_never_patterns():
    assert found("SLOWNESS, slow; lowslow", "slow*") == ["SLOWNESS", "slow"]
    assert found("single-sign-on, Single  sign on", "single sign on") == ["single-sign-on", "Single  sign on"]
    assert found("la FACTURACION y facturación", "facturación") == ["FACTURACION", "facturación"]
    assert found("対応が遅いです", "遅い") == ["遅い"]
    assert found("والدعم جيد", "دعم") == ["والدعم"]
    assert found("we slow down, it is slow", "slow*", exclusions=("slow down",)) == ["slow"]
    assert found("customer support", "support", "customer support") == ["customer support"]
    assert found("aaaa [x] x", "(a+)+", ".*", "[x]", "a|x") == ["[x]"]
    assert found("a " * 200_000, "a " * 20 + "b", "a* a* a* c") == []


@pytest.mark.parametrize("phrase", ["s*", "in*side", "x" * 61, "*", "-", "a"])
def test_what_cannot_be_a_phrase_is_named(phrase):
    with pytest.raises(Invalid):
        dictionary.checked({"en": f"good one\n{phrase}"})


def test_twelve_themes_come_along_in_every_language_and_compile():
    shipped = dictionary.shipped()
    assert len(shipped) == 12
    for key, theme in shipped.items():
        assert len(theme["phrases"]) == 14, key
        for kind in theme.values():
            for language, phrases in kind.items():
                assert [(language, p) for p in phrases if dictionary.problem_of(p)] == []


def test_a_theme_is_heard_in_the_clause_that_mentions_it(session, themes):
    id = make.answer(8, comment=BOTH).response_id
    assert heard(session) == {"support": Label.POSITIVE, "reporting": Label.NEGATIVE}
    short = make.answer(9, comment="Great support.").response_id
    reading = session.scalars(sa.select(StoredReading).filter_by(response_id=short)).one()
    corrections.correct(session, reading, Label.NEGATIVE, by=audit.SYSTEM, now=NOW)
    heard(session)
    assert session.scalars(sa.select(Mention.label).filter_by(response_id=short)).all() == [Label.NEGATIVE]
    assert len(session.scalars(sa.select(Mention).filter_by(response_id=id)).all()) == 2


def test_shares_bands_and_outcomes_are_counted_with_what_no_theme_knows(session, themes):
    lost = make.contact()
    make.answer(3, comment=BOTH, invitation=make.invitation(contact=lost))
    lost.account.enter(Stage.LOST, on=NOW.date() + timedelta(days=30))
    for comment in ("The support is excellent.", "Hm.", "We are here.", "So it is."):
        make.answer(9, comment=comment)
    make.answer(9, comment=BOTH, invitation=make.invitation(wave=make.wave(is_rehearsal=True)))
    heard(session)
    start, end = NOW.date(), NOW.date() + timedelta(days=1)
    overview = counts.overview(session, start, end)
    row = next(row for row in overview.rows if row.theme.key == "support")
    assert (row.share.number, row.share.n, overview.none.number) == (2, 5, 3)
    assert (row.by_band["detractor"].number, row.by_band["promoter"].n) == (1, 4)
    outcomes, whole = counts.outcomes(session, start, end)
    assert (outcomes[themes["support"]].lost, outcomes[themes["support"]].open) == (1, 1)
    assert (whole.lost, whole.open, whole.lost_share.value) == (1, 4, None)


def test_phrases_of_detractors_are_suggested_and_become_a_theme_with_one_press(session, sign_in, themes):
    for score in (2, 2, 1, 3):
        make.answer(score, comment="The quarterly stocktake ruined the morning, says warehouse.")
    for _ in range(6):
        make.answer(10, comment="Love it.")
    session.commit()
    assert jobs.suggest_themes(NOW) > 0
    assert jobs.suggest_themes(NOW) == 0
    row = session.scalars(sa.select(Suggestion).where(Suggestion.phrase.contains("stocktake"))).one()
    assert (row.ground, row.n, row.detractors, row.promoters) == (Ground.DETRACTORS, 4, 4, 0)
    manager = sign_in("manager")
    page = manager.get(f"/reports/themes?{DAYS}").text
    assert "more among detractors" in page
    found = token(page)
    phrase, row_variants = row.phrase, row.variants
    address = f"/reports/themes/suggestions/{row.id}"
    assert manager.post(address, data={"csrf_token": found, "theme": "new"}).status_code == 303
    heard(session)
    theme = session.scalars(sa.select(Theme).where(Theme.key.is_(None))).one()
    assert theme.phrases == {"en": [phrase, *row_variants]}
    assert "<b>4 comments</b>" in manager.get(f"/reports/comments?{DAYS}&theme={theme.id}").text
    assert suggesting.suggest(session, dictionary.Matcher([theme]), today=NOW.date()) >= 0
    assert phrase not in session.scalars(sa.select(Suggestion.phrase)).all()


def spoken(*said: tuple[str, str, int | None]) -> list[suggesting.Spoken]:
    """A comment of a person of their own for each text, language and score."""
    return [
        suggesting.Spoken(words, language, person, NOW.date(), score)
        for person, (words, language, score) in enumerate(said)
    ]


def suggested(*said: tuple[str, str, int | None], dismissed=()) -> list[tuple[str, list[str], int]]:
    matcher = dictionary.Matcher([Theme(id=1, name="Slow", phrases={"zh": ["慢"]}, exclusions={})])
    rows = suggesting.suggestions(
        spoken(*said), matcher, since=NOW.date() - timedelta(days=9), dismissed=dismissed
    )
    return [(row["phrase"], row["variants"], row["n"]) for row in rows]


def test_forms_of_a_phrase_are_one_suggestion_that_counts_each_person_once():
    stocktakes = [(f"{words} ruined it", "en", 2) for words in ("The stocktakes", "The stocktake")] * 3
    assert suggested(*stocktakes, *stocktakes[:1]) == [("stocktakes", ["stocktake"], 7)]
    matter = [("The zebra label and the zebra roll are gone.", "en", 2)] * 4
    (one,) = [row for row in suggested(*matter) if "zebra" in row[0]]
    assert one[2] == 4
    assert {one[0], *one[1]} >= {"zebra label", "zebra roll"}
    assert suggested(*stocktakes, dismissed={("en", "stocktakes"), ("en", "stocktake")}) == []
    assert suggested(*[(f"{'y' * 50} {'z' * 50} went", "en", 1)] * 3) in (
        [("y" * 50, [], 3), ("z" * 50, [], 3)],
        [("y" * 50, ["z" * 50], 3)],
    )


def test_phrases_are_suggested_where_words_have_no_spaces():
    chinese = ["我们的库存盘点总是出错", "库存盘点要一天", "新的库存盘点和以前一样"]
    japanese = ["在庫管理の棚を見たい", "この在庫管理はまだです", "在庫管理と倉庫"]
    rows = suggested(*((text, "zh", 3) for text in chinese), *((text, "ja", 3) for text in japanese))
    assert [(phrase, n) for phrase, _variants, n in rows] == [("在庫管理", 3), ("库存盘点", 3)]
    assert suggested(*[("库存慢盘点", "zh", 3)] * 3)[0][0] in {"库存", "盘点"}


def test_the_pages_keep_what_was_typed_and_look_through_comments_again(session, sign_in, themes):
    make.answer(2, comment="The zebra crossing module is slow.")
    heard(session)
    manager, viewer = sign_in("manager"), sign_in("viewer")
    page = manager.get("/reports/themes/new").text
    found = token(page)
    given = {"csrf_token": found, "name": "Zebras", "department": "product", "phrases_en": "zeb*ra"}
    again = manager.post("/reports/themes/new", data=given)
    assert (again.status_code, "zeb*ra" in again.text, "a star stands at the end" in again.text) == (
        400,
        True,
        True,
    )
    assert manager.post("/reports/themes/new", data=given | {"phrases_en": "zebra*"}).status_code == 303
    heard(session)
    zebras = session.scalars(sa.select(Theme).where(Theme.name == "Zebras")).one()
    assert session.scalars(sa.select(Mention).where(Mention.theme_id == zebras.id)).one()
    for path in (f"/reports/themes/{zebras.id}?{DAYS}", f"/reports/themes?{DAYS}&department=product"):
        assert "Zebras" in viewer.get(path).text
    assert "Zebras" in viewer.get(f"/reports/themes.csv?{DAYS}").text
    assert viewer.get(f"/reports/themes/{zebras.id}/edit").status_code == 403
    manager.post(f"/reports/themes/{zebras.id}/use", data={"csrf_token": found, "active": "0"})
    assert "Zebras" not in viewer.get(f"/reports/themes?{DAYS}").text
