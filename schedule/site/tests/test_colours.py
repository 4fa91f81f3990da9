import re

import pytest
from django.test import Client

from schedule.site.colours import CONTRAST, DARK_PAPER, LIGHT_PAPER, accents, contrast


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    "colour", ["#1a6b54", "#ffff00", "#ffffff", "#000000", "#FF0080", "#0000ff"]
)
def test_any_colour_can_be_read(colour):
    light, dark = accents(colour)
    assert contrast(light, LIGHT_PAPER) >= CONTRAST
    assert contrast(light, "#ffffff") >= CONTRAST
    assert contrast(dark, DARK_PAPER) >= CONTRAST
    assert contrast(dark, "#000000") >= CONTRAST


def test_a_colour_that_can_be_read_stays(db):
    assert accents("#1a6b54")[0] == "#1a6b54"


def test_the_stylesheet_needs_neither_conference_nor_session(db):
    response = Client().get("/theme/1a6b54.css", headers={"host": "testserver"})
    assert response.headers["Content-Type"] == "text/css"
    assert "max-age" in response.headers["Cache-Control"]
    assert "Cookie" not in response.headers.get("Vary", "")
    assert re.fullmatch(
        r":root \{ --accent: light-dark\(#1a6b54, #[0-9a-f]{6}\); \}\n", response.content.decode()
    )


@pytest.mark.parametrize("name", ["red", "1a6b5", "1a6b54;}", "1a6b5g"])
def test_only_colours_have_a_stylesheet(db, name):
    response = Client().get(f"/theme/{name}.css")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
    assert "--accent" not in response.text
