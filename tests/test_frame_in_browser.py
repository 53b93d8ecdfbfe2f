"""Staff pages in a browser: keys, the theme, charts under the strict policy, and what the checker finds."""

from pathlib import Path

import pytest
from flask import render_template_string

from app.auth.access import viewer
from app.reports.charts import Bubble, Composition, Point, bar, bubbles, line_with_interval, stacked_bands
from tests.browsing import HOME, axe, browser, serve

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
VENDOR = Path(__file__).resolve().parent.parent / "app" / "static" / "vendor"
TURN_ON = """() => fetch("/settings/single-keys", {method: "POST", body: new URLSearchParams({
    csrf_token: document.querySelector("meta[name=csrf-token]").content, on: "1"})}).then(answer => answer.status)"""
EVIL = "<img src=x onerror=alert(1)>'\"{{7*7}}"
PAGE = """{% extends "base.html" %}{% import "components.html" as ui %}{% from "reports/charts.html" import chart %}
{% block title %}{{ evil }}{% endblock %}
{% block crumbs %}{{ ui.crumbs([('Accounts', '/')]) }}{% endblock %}
{% block actions %}<a class="btn" href="/two" data-key="n" data-key-words="New one">New</a>{% endblock %}
{% block tabs %}{{ ui.tabs([('One', '/one', true), ('Two', '/two', false)], 'Views') }}{% endblock %}
{% block content %}<div class="stack">
{% call ui.stats() %}{{ ui.stat('62', 'Relationship', hint='held down', n=12, change=-3, url='/') }}{{ ui.stat('7', 'Overdue', tone='bad') }}{% endcall %}
{% call ui.card('People', sub='in order', action=('All', '/'), flush=true) %}{% call ui.table(['Who', 'Why', ('Due', 'num')], 'People') %}
{% for band in ['detractor', 'passive', 'promoter', 'silent'] %}<tr data-key-item><td class="cell-main">{{ ui.who(evil, evil, url='/') }}</td><td data-label="Why">{{ ui.band_badge(band, 3) }}</td><td data-label="Due" class="num">{{ ui.due(now, loop.first, now) }}</td></tr>{% endfor %}
{% endcall %}{{ ui.pagination('/next', '/first', '1 to 4') }}{% endcall %}
{% call ui.card('Scores') %}{% for colour in ['green', 'yellow', 'red'] %}{{ ui.score_badge(50, colour) }}{% endfor %}{{ ui.score_badge(none) }}{{ ui.score_badge(50, 'red', large=true) }}
{{ ui.nps_value(40, 30, 50, 100, large=true) }}{{ ui.nps_value(40, 30, 50, 7) }}{{ ui.nps_value(none, n=3) }}{% for tone in ['plain', 'good', 'care', 'bad', 'busy', 'faint'] %}{{ ui.state_badge(tone, tone) }}{% endfor %}
{{ ui.progress(3, 9, 'Sent') }}{{ ui.split_bar([('promoter', 'Promoters', 3), ('silent', 'Silent', 9)], 'Answers') }}{{ ui.quote(evil) }}{{ ui.hint(evil) }}{% endcall %}
{% call ui.card('Story') %}{% call ui.timeline() %}{% for tone in ['plain', 'detractor', 'silent', 'busy'] %}{{ ui.event(now, evil, 'phone', tone, now=now) }}{% endfor %}{% endcall %}{% endcall %}
{% call ui.card('Nothing') %}{{ ui.empty_state('Nothing yet', 'Words.', ('Begin', '/')) }}{% endcall %}
{% call ui.card('None') %}{{ ui.no_match('/') }}{% endcall %}
{% call ui.card('Fails') %}{{ ui.failure('/', reference='7a9f') }}{% endcall %}
{% for id, c in charts %}{% call ui.card() %}{{ chart(c, id) }}{% endcall %}{% endfor %}
</div>{% endblock %}"""


@pytest.fixture
def staff_page(app, sign_in, now):
    """A signed-in client whose application shows every building block at /one, with hostile names."""
    points = [Point(f"M{i}", v, v - 9, v + 9, 40 * i, url="/one") for i, v in enumerate([10, 20, 30])]
    charts = [
        ("nps", line_with_interval(points, "NPS")),
        ("mix", stacked_bands([Composition(EVIL, 1, 2, 3, 4)], "Mix")),
        ("rate", bar([Point(EVIL, 0.3, n=9)], "Rate", target=0.4)),
        ("map", bubbles([Bubble(EVIL, 50, 50, 9, "red")], "Map", across="E", upward="S", size="ARR")),
    ]
    if not (VENDOR / "tabler.min.css").exists():
        pytest.skip("the front-end files are missing: make assets")
    shown = viewer(lambda: render_template_string(PAGE, charts=charts, evil=EVIL, now=now))
    app.add_url_rule("/one", "one", shown)
    return sign_in("admin")


@pytest.fixture
def page(staff_page, app):
    """That page on a desk, with everything the browser complained about in `page.complaints`."""
    with browser() as chromium:
        opened = chromium.new_page(viewport={"width": 1440, "height": 900})
        opened.complaints = []
        opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.on("console", lambda said: said.type == "error" and opened.complaints.append(said.text))
        opened.on("dialog", lambda dialog: opened.complaints.append(dialog.message))
        serve(opened, app, staff_page)
        opened.goto(f"{HOME}/one")
        yield opened


def test_charts_are_enhanced_under_the_policy_and_show_text_as_text(page):
    for chart in ("nps", "mix", "rate", "map"):
        figure = page.locator(f"#chart-{chart}")
        figure.scroll_into_view_if_needed()
        sheet = figure.locator(".chart__live")
        sheet.locator("svg").wait_for()
        box = sheet.bounding_box()
        page.mouse.move(box["x"] + 46 + (box["width"] - 46) / 2, box["y"] + (174 if chart == "map" else 100))
        tip = figure.locator(".chart__tip")
        tip.wait_for()
        if chart != "nps":
            assert EVIL in tip.inner_text()
    page.emulate_media(color_scheme="dark")
    page.locator("#chart-map .chart__live svg").wait_for(timeout=20_000)  # A page that hangs fails here.
    assert page.locator(".chart__live svg").count() == len(page.locator("[data-chart]").all())
    assert [said for said in page.complaints if "favicon" not in said and "404" not in said] == []


def test_keys_are_listed_and_work_but_not_while_typing(page):
    page.keyboard.press("?")
    assert page.locator("#shortcuts").is_visible()
    assert "New one" in page.locator("#shortcuts").inner_text()
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('main').append(document.createElement('textarea'))")
    page.locator("textarea").press("n")
    assert page.url == f"{HOME}/one"
    page.locator("h1").click()
    page.keyboard.press("n")
    page.wait_for_url(f"{HOME}/two")


def test_keys_can_be_turned_off(page, session):
    session.commit()
    page.keyboard.press("?")
    with page.expect_response("**/settings/single-keys") as kept:
        page.get_by_label("Use these keys").uncheck()
    assert kept.value.status == 204
    page.goto(f"{HOME}/one")  # It is kept with the person, so another page and another browser know it.
    assert page.evaluate("localStorage.length") == 0
    page.keyboard.press("n")
    page.wait_for_timeout(200)
    assert page.url == f"{HOME}/one"
    page.keyboard.press("?")
    assert not page.locator("#shortcuts").is_visible()
    assert page.evaluate(TURN_ON) == 204
    page.goto(f"{HOME}/one")
    page.keyboard.press("n")
    page.wait_for_url(f"{HOME}/two")


def test_the_account_menu_opens_by_keyboard_and_escape_leaves_it(page):
    menu = page.locator(".account")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    assert menu.get_by_role("button", name="Sign out").is_visible()
    page.keyboard.press("Escape")
    assert not menu.get_by_role("button", name="Sign out").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_long_and_hostile_names_keep_every_width_inside(page):
    for width in (320, 360, 768, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_checker_finds_nothing(staff_page, app, scheme):
    with browser() as chromium:
        page = chromium.new_context(color_scheme=scheme, bypass_csp=True).new_page()
        serve(page, app, staff_page)
        for width in (360, 768, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{HOME}/one")
            assert axe(page) == [], width
