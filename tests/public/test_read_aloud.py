"""What a screen reader is told of the respondent's pages: the browser's own tree of roles, names and states."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import CDPSession

from tests.browsing import HOME, browser, serve

CONTROLS = {"radio", "radiogroup", "checkbox", "textbox", "button", "link", "DisclosureTriangle", "heading"}
ASKED = (
    ("nps", "en", "score"),
    ("value", "de", "value_overall"),
    *(("nps_value", language, "score") for language in ("en", "de", "ar", "ja")),
)


@pytest.fixture(params=["sqlite"])
def database_kind(request):
    return request.param


def value(said: dict | None) -> str:
    return str((said or {}).get("value", ""))


def told(tree: CDPSession) -> list[tuple[str, str, str, dict]]:
    """Role, name, description and states of all that is read out and can be used, in its order."""
    nodes = tree.send("Accessibility.getFullAXTree")["nodes"]
    return [
        (
            value(one["role"]),
            value(one.get("name")),
            value(one.get("description")),
            {state["name"]: state["value"].get("value") for state in one.get("properties", ())},
        )
        for one in nodes
        if not one.get("ignored") and value(one["role"]) in CONTROLS | {"alert", "StaticText"}
    ]


def controls(tree: CDPSession) -> list[tuple[str, str, str, dict]]:
    """What can be used; each has a name, none has that of another, and no sign of the looks is read out with it."""
    found = [one for one in told(tree) if one[0] in CONTROLS]
    names = Counter((role, name) for role, name, _more, _states in found)
    assert all(name for _role, name in names), names
    assert max(names.values()) == 1, names.most_common(3)
    assert "✓" not in "".join(name for _role, name in names)
    return found


def of_group(found: list[tuple[str, str, str, dict]]) -> tuple[str, str]:
    """Name and description of the one question that must be answered."""
    [(name, more, states)] = [rest for role, *rest in found if role == "radiogroup"]
    assert states["required"] is True
    return name, more


@pytest.mark.browser
def test_every_page_can_be_understood_by_ear(app, client, ask):
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 360, "height": 740})
        serve(page, app)
        tree = page.context.new_cdp_session(page)
        for survey, language, first in ASKED:
            at = ask(survey, language=language)
            page.goto(HOME + at.link)
            assert page.evaluate("document.documentElement.lang") == language
            found = controls(tree)
            name, ends = of_group(found)
            labels = page.locator(f"#{first} .sr").all_inner_texts()
            assert name in page.title()
            assert all(label.strip() in ends for label in (labels[0], labels[-1]))
            assert not [one for one in found if one[3].get("invalid", "false") != "false"], (
                "nothing is wrong yet"
            )

            page.locator("form").evaluate("form => { form.noValidate = true }")
            page.locator("form button[type=submit]").click()
            page.locator(".bad").wait_for()
            refusal = page.locator(".error").inner_text()
            assert of_group(controls(tree)) == (name, f"{refusal} {ends}")
            assert refusal in page.title(), "which is read out first"
            assert [role for role, *_more in told(tree) if role == "alert"] == ["alert"]

            client.post(at.link, data={first: "3"})
            for path in (f"{at.link}/thanks", at.off, f"{at.off}?other=1"):
                page.goto(HOME + path)
                controls(tree)
        page.locator("#email").fill("nobody")
        page.locator("form").last.evaluate("form => { form.noValidate = true }")
        page.locator("button[value=left]").click()
        page.locator(".error").wait_for()
        assert page.locator(".error").inner_text() in page.title()
        controls(tree)
