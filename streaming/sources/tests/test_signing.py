"""What is signed, against the vendors' own vectors, or with the public key where RSA signs."""

import base64
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from conftest import utc
from streaming.sources import SOURCES
from streaming.sources.base import END_STEP_SECONDS, FRAME_LIFE, RENEWED_LIFE, Account, Viewer
from streaming.sources.bunny import directory_token, frame_token
from streaming.sources.join import ENTRY_LIFE, checksum
from streaming.sources.signing import private_key
from streaming.sources.tests.keys import JITSI_SECRET, PEM, PEM_IN_BASE64, PUBLIC_PEM, SIGNED

AT = utc("2026-11-21 09:00:07")
END = int(utc("2026-11-21 09:10:00").timestamp())
ADA = Viewer("P-000123", "Ada Lovelace", "live.example.org")


def playback(kind, viewer=ADA, at=AT):
    value, account = SIGNED[kind]
    return SOURCES[kind].playback(value, account, viewer, at)


def opened(token):
    """Header and claims, once the public key has said that they are ours."""
    options = {"verify_aud": False, "verify_exp": False}
    claims = jwt.decode(token, PUBLIC_PEM, algorithms=["RS256"], options=options)
    padded = token.split(".")[0] + "=="
    return json.loads(base64.urlsafe_b64decode(padded)), claims


def test_mux():
    url = playback("mux").url
    address, _query, token = url.partition("?token=")
    assert address == f"https://stream.mux.com/{SIGNED['mux'][0]}.m3u8"
    header, claims = opened(token)
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "mux-key"}
    assert claims == {"sub": SIGNED["mux"][0], "aud": "v", "exp": END, "kid": "mux-key"}


def test_cloudflare():
    parts = urlsplit(playback("cloudflare").url)
    assert parts.hostname == "customer-f33zs165nr7gyfy4.cloudflarestream.com"
    token, *rest = parts.path.strip("/").split("/")
    assert rest == ["manifest", "video.m3u8"], "the token stands where the id would"
    header, claims = opened(token)
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "cf-key"}
    assert claims == {"sub": SIGNED["cloudflare"][0], "kid": "cf-key", "exp": END}


def test_bunny_stream_as_its_vector():
    video, expected = (
        "eb1c4f77-0cda-46be-b47d-1118ad7c2ffe",
        "6019554b209ac16c9e5119d6e0f75347e8454bc461df7c9047dbd6fed166e1aa",
    )
    assert frame_token("test-key", video, 1700000000) == expected
    parts = urlsplit(playback("bunny").url)
    asked = parse_qs(parts.query)
    assert f"{parts.hostname}{parts.path}" == f"iframe.mediadelivery.net/embed/759/{video}"
    assert asked["expires"] == [str(int(utc("2026-11-21 17:00:00").timestamp()))]
    assert asked["token"] == [frame_token("test-key", video, int(asked["expires"][0]))]
    of_another = SOURCES["bunny"].playback(f"12/{video}", SIGNED["bunny"][1], ADA, AT)
    assert "/embed/12/" in of_another.url


def test_bunny_cdn_as_its_vector():
    """The case "path_only" of BunnyWay/BunnyCDN.TokenAuthentication, e2e/vectors.json."""
    expected = "HS256-uVZvT3SbEoVKYJyDJgbcsDmSFf73cv-uNUVaJiKWpbQ"
    assert directory_token("SecurityKey", "/abc", 1598024587) == expected
    token = directory_token("SecurityKey", "/main/", END)
    assert playback("bunny-cdn").url == (
        f"https://zone.b-cdn.net/bcdn_token={token}&token_path=%2Fmain%2F&expires={END}"
        "/main/playlist.m3u8"
    )


def test_bigbluebutton_as_its_vector():
    query = "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444"
    secret = SIGNED["bigbluebutton"][1].secret
    assert checksum("create", query, secret, "sha1") == "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"
    url = playback("bigbluebutton").url
    address, _mark, query = url.partition("?")
    assert address == "https://bbb.example.org/bigbluebutton/api/join"
    asked, _sum, sum_ = query.partition("&checksum=")
    assert sum_ == checksum("join", asked, secret)
    assert parse_qs(asked) == {
        "fullName": ["Ada Lovelace"],
        "meetingID": ["abc123"],
        "redirect": ["true"],
        "role": ["VIEWER"],
        "userID": ["P-000123"],
    }


def test_jitsi():
    given = playback("jitsi")
    address, _query, token = given.url.partition("?jwt=")
    assert address == "https://meet.example.org/Workshop"
    options = {"verify_exp": False}
    claims = jwt.decode(
        token, JITSI_SECRET, algorithms=["HS256"], audience="jitsi", options=options
    )
    assert claims == {
        "aud": "jitsi",
        "iss": "app",
        "sub": "meet.example.org",
        "room": "workshop",
        "exp": int((AT + ENTRY_LIFE).timestamp()),
        "context": {"user": {"id": "P-000123", "name": "Ada Lovelace"}},
    }


@pytest.mark.parametrize(
    ("kind", "life"),
    [
        ("mux", RENEWED_LIFE),
        ("cloudflare", RENEWED_LIFE),
        ("bunny-cdn", RENEWED_LIFE),
        ("bunny", FRAME_LIFE),
    ],
)
def test_the_end_is_the_bound_that_the_kind_states(kind, life):
    assert SOURCES[kind].revocation == life
    given = playback(kind)
    assert AT + life - timedelta(seconds=END_STEP_SECONDS) < given.expires_at <= AT + life
    everybody = {playback(kind, Viewer(str(n), "", ""), AT + timedelta(seconds=n)) for n in (0, 20)}
    assert everybody == {given}, "a room full of people takes one signature"


@pytest.mark.slow
def test_keys_are_read_as_the_vendors_show_them():
    numbers = private_key(PEM).private_numbers()
    assert private_key(PEM_IN_BASE64).private_numbers() == numbers
    assert (
        private_key(f"\n{PEM_IN_BASE64[:64]}\n{PEM_IN_BASE64[64:]} ").private_numbers() == numbers
    )


@pytest.mark.parametrize("secret", ["", "not a key", "bm90IGEga2V5", PEM[:200]])
def test_what_is_no_key_cannot_sign(secret):
    with pytest.raises(ValueError, match="the signing key"):
        SOURCES["mux"].playback("x", Account(key_id="k", secret=secret), ADA, AT)
