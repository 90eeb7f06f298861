"""How a template becomes a program, and the program a page: three things that every page gains from.

A result page has some thousand places where a value is written. What is shown there and how it is escaped is
Jinja's, unchanged; not for what the pages say (``search_web/templates``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Macro
from markupsafe import Markup, escape

from search_web.texts import Messages

PLACEHOLDER = re.compile(r"%\((\w+)\)s")
OPENING, CLOSING = ("lparen", "lbracket", "lbrace"), ("rparen", "rbracket", "rbrace")
UNSAFE: Callable[[str], object] = re.compile(r"""[&<>"']""").search


def escaped(value: Any) -> str:
    """``markupsafe.escape`` for a value that is only written: most have nothing in them to escape.

    ``escape`` makes a Markup object of each: 0.7 µs, a tenth of the time of a result page; this takes 0.2 µs.
    """
    kind = type(value)
    if kind is str:
        return escape(value) if UNSAFE(value) else value
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    if kind is int or kind is float:
        return str(value)
    return escape(value)


def written(template: Template, values: Mapping[str, Any]) -> str:
    """``template.render`` that leaves no circles behind: a macro holds the values of its page, which hold it.

    A result page left 390 objects for the garbage collector to find, a matrix 1,100; now 4. What a template
    imports it must import "with context": a module made without is kept by Jinja and serves other pages too.
    """
    context = template.new_context(dict(values))
    try:
        return "".join(template.root_render_func(context))
    except Exception:
        template.environment.handle_exception()
    finally:
        for value in context.vars.values():
            for inner in vars(value).values() if isinstance(value, TemplateModule) else (value,):
                if isinstance(inner, Macro):
                    inner._func = None  # type: ignore[assignment]


class Writer(CodeGenerator):
    """Values are written by ``escaped``, and functions are called as they are: Jinja asks of each, at every
    call, whether it wants the context of the page, and none of ours does.
    """

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja's name
        self.writeline("from operator import call")
        self.writeline("from search_web.compiling import escaped")
        super().visit_Template(node, frame)

    def visit_Call(  # noqa: N802
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        self.write("call(")
        self.visit(node.node, frame)
        self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
        self.write(")")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("escaped(")


class Translated(Extension):
    """Puts the words of the language into a template before it is compiled.

    Each language has its own environment, so a text is known by then; ``{{ _("Visa %(n)s till", n=rest) }}``
    becomes ``Visa {{ rest }} till``, and ngettext an ``{% if %}``. Asking for the texts in every page took a
    third of the time that a result page took to write. Calls inside other expressions are left as they are.
    """

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        for token in stream:
            if token.type != "variable_begin":
                yield token
                continue
            inner = []
            for following in stream:
                if following.type == "variable_end":
                    break
                inner.append(following)
            yield from self._written(inner) or [token, *inner, Token(token.lineno, "variable_end", "}}")]

    def _written(self, inner: list[Token]) -> list[Token] | None:
        """What stands instead of ``{{ inner }}``; None when it is no call for a text."""
        words: Any = self.environment.words  # type: ignore[attr-defined]
        call = inner[0].value if len(inner) > 3 and inner[0].type == "name" else ""
        if call not in ("_", "ngettext") or inner[1].type != "lparen":
            return None
        arguments = _arguments(inner[2:])
        plain = 1 if call == "_" else 2
        if arguments is None or any([t.type for t in a] != ["string"] for a in arguments[:plain]):
            return None
        texts = [str(a[0].value) for a in arguments[:plain]]
        line, named = inner[0].lineno, arguments[plain if call == "_" else 3 :]
        if any(len(a) < 3 or a[0].type != "name" or a[1].type != "assign" for a in named):
            return None
        values = {str(a[0].value): a[2:] for a in named}
        if call == "_":
            return list(_filled(words.gettext(texts[0]), values, line))
        number = arguments[2]
        values.setdefault("num", number)
        one, many = (words.ngettext(*texts, n) for n in (1, 2))
        return [
            *_statement(line, "if", Token(line, "lparen", "("), *number, Token(line, "rparen", ")"),
                        Token(line, "eq", "=="), Token(line, "integer", 1)),  # type: ignore[arg-type]
            *_filled(one, values, line),
            *_statement(line, "else"),
            *_filled(many, values, line),
            *_statement(line, "endif"),
        ]  # fmt: skip


class Templates(Environment):
    """Jinja's environment for the templates in one language."""

    code_generator_class = Writer

    def __init__(self, words: Messages, **options: Any) -> None:
        super().__init__(extensions=[Translated], **options)
        self.words = words
        self.globals.update(_=self._text, ngettext=self._counted)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """One dict. Jinja's is a chain of two, which is walked in Python for each part of a page."""
        return {**self.globals, **(d or {})}

    def _text(self, text: str, **values: Any) -> Markup:
        return Markup(self.words.gettext(text)) % values  # noqa: S704 - values are escaped

    def _counted(self, one: str, many: str, num: int, **values: Any) -> Markup:
        return Markup(self.words.ngettext(one, many, num)) % ({"num": num} | values)  # noqa: S704


def _arguments(tokens: list[Token]) -> list[list[Token]] | None:
    """The arguments of a call, from behind its parenthesis; None when something follows its end."""
    depth, found = 0, [[]]  # type: tuple[int, list[list[Token]]]
    for place, token in enumerate(tokens):
        if token.type == "comma" and depth == 0:
            found.append([])
            continue
        if token.type in CLOSING:
            depth -= 1
            if depth < 0:
                return found if place == len(tokens) - 1 else None
        elif token.type in OPENING:
            depth += 1
        found[-1].append(token)
    return None


def _filled(text: str, values: dict[str, list[Token]], line: int) -> Iterator[Token]:
    """A text as data, with each ``%(name)s`` written as the expression of that name."""
    for i, part in enumerate(PLACEHOLDER.split(text)):
        if i % 2:
            yield Token(line, "variable_begin", "{{")
            yield from values[part]
            yield Token(line, "variable_end", "}}")
        elif part:
            yield Token(line, "data", part.replace("%%", "%"))


def _statement(line: int, name: str, *rest: Token) -> list[Token]:
    return [
        Token(line, "block_begin", "{%"),
        Token(line, "name", name),
        *rest,
        Token(line, "block_end", "%}"),
    ]
