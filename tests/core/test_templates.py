"""Templates that are kept as bytes: each says what it said, and only those used lately are code."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader, Environment, TemplateNotFound

from app.core.processes.memory import templates

PAGES = {
    f"page{n}.html": f"{{% extends 'frame.html' %}}{{% block body %}}{n} {{{{ word }}}}{{% endblock %}}"
    for n in range(4)
}
FRAME = "<p>{% block body %}{% endblock %}</p>"


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setattr(templates, "LATELY", 2)
    environment = Environment(loader=DictLoader({"frame.html": FRAME, **PAGES}), autoescape=True)
    templates.keep_bytes(environment)
    return environment


def test_templates_made_of_bytes_say_the_same_again_and_again(environment):
    for _ in range(2):
        for n, name in enumerate(PAGES):
            assert environment.get_template(name).render(word="<hi>") == f"<p>{n} &lt;hi&gt;</p>"


def test_only_templates_used_lately_are_held_as_code(environment):
    for name in PAGES:
        environment.get_template(name).render(word="")
    assert sorted(name for _loader, name in environment.cache) == ["frame.html", "page3.html"]
    assert environment.get_template("page3.html") is environment.get_template("page3.html")


def test_a_template_that_does_not_exist_is_said_to_be_missing(environment):
    with pytest.raises(TemplateNotFound, match="page9"):
        environment.get_template("page9.html")
    assert environment.list_templates() == sorted(["frame.html", *PAGES])
