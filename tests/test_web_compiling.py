"""Templates compiled for speed say and escape what Jinja's own would."""

from __future__ import annotations

import gc
import re
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined, UndefinedError
from markupsafe import Markup, escape
from web_client import Client

from indexer.model import LANGUAGES
from search_web import texts
from search_web.compiling import escaped
from search_web.site import _environment


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.none() | st.text().map(Markup))
def test_what_is_written_is_what_markupsafe_escapes(value: Any) -> None:
    assert str(escaped(value)) == str(escape(value))


def test_what_is_not_there_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        _environment("sv").from_string("{{ nothing }}").render()
    with pytest.raises(UndefinedError):
        escaped(StrictUndefined(name="nothing"))


HOSTILE = "<b title='x'>&\"</b>"
TEMPLATES = (
    '{{ _("Sök") }}',
    "<p title=\"{{ _('Förslag') }}\">",
    '{{ _("Visa %(n)s till", n=values[1:]|length - (1 if (values, 2)[1] else 0)) }}',
    '{{ _("Alla av typen %(kind)s", kind=hostile|lower) }}',
    '{{ ngettext("%(num)s träff", "%(num)s träffar", values|length) }}',
    '{{ ngettext("%(n)s träff", "%(n)s träffar", 1, n=hostile) }}',
    '{{ ngettext("%(n)s träff", "%(n)s träffar", 2, n=hostile) }}',
    '{{ _("Sök") ~ hostile }}',
    '{{ (_("Sök")) }}',
    "{{ _(hostile) }}",
    '{{ _("Sök")|upper }}',
    "{% set a = _('Sök') %}{{ a }}{{ hostile }}{{ hostile|safe }}{{ none }}{{ 1.5 }}",
    "{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}{{ m(hostile) }}{{ m(m(hostile)) }}",
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", TEMPLATES)
def test_texts_put_in_beforehand_are_those_asked_for_later(source: str, language: str) -> None:
    plain = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    words = texts.messages(language)
    plain.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)
    values = {"values": [1, 2, 3], "hostile": HOSTILE}
    fast = _environment(language)
    assert fast.from_string(source).render(values) == plain.from_string(source).render(values)


def test_a_text_with_a_value_is_no_call_any_more() -> None:
    environment = _environment("sv")
    tokens = list(environment._tokenize('{{ _("Visa %(n)s till", n=rest) }}', None))
    assert [t.value for t in tokens] == ["Visa ", "{{", "rest", "}}", " till"]
    assert [t.type for t in tokens][::4] == ["data", "data"]


@pytest.mark.parametrize(
    "address",
    ["/?q=barnchecklista", "/matrix?q=barn", "/documents/aaaaaaaaaaaa", "/research/keywords?q=barn"],
)
def test_page_leaves_little_for_the_garbage_collector(web: Client, address: str) -> None:
    web.get(address)  # what is kept for the next time
    gc.collect()
    gc.disable()
    try:
        assert web.get(address).status == 200
        assert gc.collect() < 40
    finally:
        gc.enable()


def test_modules_of_macros_are_made_for_one_page() -> None:
    """``written`` takes them apart afterwards."""
    templates = resources.files("search_web") / "templates"
    found = [
        line
        for t in templates.iterdir()
        for line in re.findall(r"\{% (?:from|import) .*%\}", t.read_text("utf-8"))
    ]
    assert len(found) > 10 and all(line.endswith("with context %}") for line in found)
