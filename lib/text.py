"""Other people's text: plain, Markdown or HTML in, the same small clean HTML out."""

import re
import unicodedata
from html import unescape
from typing import Literal

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

Markup = Literal["plain", "markdown", "html"]

TAGS = {"p", "br", "hr", "h3", "h4", "h5", "ul", "ol", "li", "blockquote", "pre"}
TAGS |= {"a", "strong", "em", "b", "i", "code"}

# C0 without tab and newline, DEL, C1, lone surrogates: no meaning in a text, and PostgreSQL refuses NUL.
_controls = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_closed_block = re.compile(
    r"</(p|div|ul|ol|li|h[1-6]|blockquote|pre|table|section|article)\s*>|^\s*<(p|div|ul|ol|hr)\b[^<>]*>",
    re.IGNORECASE,
)
_heading = re.compile(r"<(/?)h([1-6])\b", re.IGNORECASE)
_division = re.compile(r"<(/?)(?:div|section|article)\b", re.IGNORECASE)
_empty_paragraph = re.compile(r"<p>\s*</p>\s*")
_address = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}*_]")


def without_controls(text: str) -> str:
    return _controls.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """A title or a name: plain text without line breaks and double spaces, NFC."""
    return unicodedata.normalize("NFC", " ".join(without_controls(text).split()))


def same_name(text: str) -> str:
    """Equal for two names that people typed and that are the same."""
    return one_line(text).casefold()


def markup_of(text: str) -> Markup:
    """Plain text is read as Markdown; a stray <br> in Markdown does not make it HTML."""
    return "html" if _closed_block.search(text) else "markdown"


def to_html(text: str, markup: Markup | None = None) -> str:
    """Markup None: guessed. What this returns comes out of it again unchanged."""
    text = without_controls(text).strip()
    if not text:
        return ""
    match markup or markup_of(text):
        case "html":
            html = text
        case "markdown":
            html = _markdown.render(text)
        case "plain":
            html = _plain.render(text)
    return _clean(html)


def to_text(clean_html: str) -> str:
    """Clean HTML as plain text: a blank line between blocks, a dash before items of lists."""
    text = re.sub(r"\s+", " ", clean_html)
    text = re.sub(r"<li>\s*", "\n- ", text)
    text = re.sub(r"<(br|hr)\s*/?>\s*", "\n", text)
    text = re.sub(r"</(p|ul|ol|h[345]|blockquote|pre)>\s*", "\n\n", text)
    lines = unescape(re.sub(r"<[^<>]*>", "", text)).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in lines)).strip()


def _clean(html: str) -> str:
    html = _with_lower_headings(html)
    html = _division.sub(r"<\1p", html)
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    clean = _empty_paragraph.sub("", clean).strip()
    if clean and not _closed_block.search(clean):
        return _clean(f"<p>{clean}</p>")  # else it would pass for Markdown the next time
    return clean


def _with_lower_headings(html: str) -> str:
    """The page around has the h1 and h2: the highest heading of the text becomes h3."""
    highest = min((int(level) for _, level in _heading.findall(html)), default=3)
    down = max(0, 3 - highest)
    return _heading.sub(lambda match: f"<{match[1]}h{min(int(match[2]) + down, 5)}", html)


def _link_addresses(state: StateCore) -> None:
    """Markdown rule: a bare https://… becomes a link, outside links and code."""
    for block in state.tokens:
        if block.children:
            block.children = _with_links(block.children)


def _with_links(tokens: list[Token]) -> list[Token]:
    linked: list[Token] = []
    depth = 0
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            depth += token.nesting
        elif token.type == "html_inline":
            depth += token.content.startswith("<a") - token.content.startswith("</a")
        if token.type == "text" and depth <= 0:
            linked += _split(token)
        else:
            linked.append(token)
    return linked


def _split(token: Token) -> list[Token]:
    tokens: list[Token] = []
    end = 0
    for match in _address.finditer(token.content):
        tokens.append(Token("text", "", 0, content=token.content[end : match.start()]))
        tokens.append(Token("link_open", "a", 1, attrs={"href": match[0]}))
        tokens.append(Token("text", "", 0, content=match[0]))
        tokens.append(Token("link_close", "a", -1))
        end = match.end()
    tokens.append(Token("text", "", 0, content=token.content[end:]))
    return tokens


# Line breaks are kept, as pretalx does: people write lists without list marks.
_markdown = MarkdownIt("commonmark", {"html": True, "breaks": True})
_plain = MarkdownIt("zero", {"breaks": True}).enable("newline")
for _reader in (_markdown, _plain):
    _reader.core.ruler.push("link_addresses", _link_addresses)
