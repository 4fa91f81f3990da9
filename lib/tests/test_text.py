import pytest

from lib.text import one_line, to_html

LINK = 'rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("source", "clean"),
    [
        ("", ""),
        (" \n", ""),
        ("One\r\ntwo\n\nthree", "<p>One<br>\ntwo</p>\n<p>three</p>"),
        ("*Hello* **you**\n\n- a\n- b", "<p><em>Hello</em> <strong>you</strong></p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("# Big\n\n## Less", "<h3>Big</h3>\n<h4>Less</h4>"),
        ("<h1>Big</h1><div>a</div><div>b</div>", "<h3>Big</h3><p>a</p><p>b</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("A stray<br>break\n\n* item", "<p>A stray<br>break</p>\n<ul>\n<li>item</li>\n</ul>"),
        ("<p>A <b>b</b><img src='https://t.example/1.gif'></p>", "<p>A <b>b</b></p>"),
        ("see https://a.example/x.", f'<p>see <a href="https://a.example/x" {LINK}>https://a.example/x</a>.</p>'),
        ("[x](mailto:a@a.example)", f'<p><a href="mailto:a@a.example" {LINK}>x</a></p>'),
    ],
)  # fmt: skip
def test_texts(source, clean):
    assert to_html(source) == clean


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "<p onclick='alert(1)'>x</p>",
        "<a href='JaVaScRiPt:alert(1)'>x</a>",
        "<a href='data:text/html,alert(1)'>x</a>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<iframe src='https://alert(1)'></iframe>",
        "<p style='background:url(//alert(1))'>x</p>",
        "<<script>script>alert(1)<</script>/script>",
    ],
)
def test_nothing_runs(attack):
    html = to_html(attack)
    for evil in (
        "<script",
        'href="j',
        "onclick",
        "onerror",
        "<iframe",
        "style",
        "<svg",
        'href="d',
    ):
        assert evil not in html.lower().replace("&lt;script", "")


@pytest.mark.parametrize(
    "source",
    [
        "a\nb",
        "# A\n\ntext",
        "<h2>x</h2>text",
        "just <b>bold</b>",
        "</p>x",
        "<li>x</li>",
        "a<hr>b",
        "x</div>",
    ],
)
def test_what_is_clean_stays_as_it_is(source):
    once = to_html(source)
    assert to_html(once) == once


def test_plain_text_stays_plain():
    assert to_html("*a* <b>\n\n    b", "plain") == "<p>*a* &lt;b&gt;</p>\n<p>b</p>"


def test_a_line():
    assert one_line(" A\u0308 \n\x00\x9b b\u202e ") == "Ä b\u202e"
