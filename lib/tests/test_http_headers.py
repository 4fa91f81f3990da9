import pytest

from lib.http_headers import accepts_gzip


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("*", True),
        ("identity, *;q=0.5", True),
        ("gzip ; q = 0.001", True),
        ("", False),
        ("identity", False),
        ("br, deflate", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, identity", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("gzip;q=none", False),
        ("gzip;q=nan", False),
        ("gzip;q=-1", False),
        ("gzippy", False),
        (";;,,=", False),
    ],
)
def test_gzip_is_for_who_takes_it(header, accepted):
    assert accepts_gzip(header) is accepted
