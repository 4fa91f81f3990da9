"""What `check --deploy` refuses: settings that cannot be meant on a site for people."""

import pytest

from portal.checks import nobody_is_let_down

GOOD = {
    "SECRET_KEY": "kH3vT9xQ2mZ7pL5wR8yN4bC6dF1gJ0sA-uEoIiVt",
    "ALLOWED_HOSTS": ["live.example.org"],
    "TRUSTED_PROXIES": 1,
    "DEBUG": False,
    "DEFAULT_FROM_EMAIL": "Conf <live@example.org>",
    "MAILERS": {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}},
}


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("SECRET_KEY", "changeme" * 8, "portal.E011"),
        ("SECRET_KEY", "ab" * 40, "portal.E011"),
        ("SECRET_KEY", "kH3vT9xQ2mZ7", "portal.E011"),
        ("ALLOWED_HOSTS", ["*"], "portal.E010"),
        ("ALLOWED_HOSTS", ["localhost", "127.0.0.1"], "portal.E010"),
        ("ALLOWED_HOSTS", [], "portal.E010"),
        ("TRUSTED_PROXIES", -1, "portal.E012"),
        ("DEBUG", True, "portal.E014"),
        ("DEFAULT_FROM_EMAIL", "", "portal.E013"),
        ("DEFAULT_FROM_EMAIL", "Front Row <noreply@localhost>", "portal.E013"),
        (
            "MAILERS",
            {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}},
            "portal.E006",
        ),
    ],
)
def test_what_cannot_be_meant_fails(settings, name, value, number):
    for each, good in GOOD.items():
        setattr(settings, each, good)
    assert nobody_is_let_down() == []
    setattr(settings, name, value)
    assert [(found.id, found.is_serious()) for found in nobody_is_let_down()] == [(number, True)]


def test_a_key_in_hexadecimal_will_do_whichever_digits_it_has(settings):
    for each, good in GOOD.items():
        setattr(settings, each, good)
    settings.SECRET_KEY = "0123456789abcde" * 4
    assert nobody_is_let_down() == []
