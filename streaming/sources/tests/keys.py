"""Accounts of vendors as the tests have them, with keys made here."""

import base64

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from streaming.sources.base import Account

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC_PEM = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
# As Mux and Cloudflare hand theirs out.
PEM_IN_BASE64 = base64.b64encode(PEM.encode()).decode()

PLAYBACK_ID = "DS00Spx1CV902MCtPj5WknGlR102V5HFkDe"
UID = "5d5bc37ffcf54c9b82e996823bffbb81"
VIDEO = "eb1c4f77-0cda-46be-b47d-1118ad7c2ffe"
JITSI_SECRET = "an app secret of at least thirty-two characters"

# Kind → what is stored, and the account it takes.
SIGNED = {
    "mux": (PLAYBACK_ID, Account(key_id="mux-key", secret=PEM_IN_BASE64)),
    "cloudflare": (UID, Account("f33zs165nr7gyfy4", "cf-key", PEM_IN_BASE64)),
    "bunny": (VIDEO, Account(account_id="759", secret="test-key")),
    "bunny-cdn": ("https://zone.b-cdn.net/main/playlist.m3u8", Account(secret="SecurityKey")),
    "jitsi": ("https://meet.example.org/Workshop", Account("app", "", JITSI_SECRET)),
    "bigbluebutton": (
        "abc123",
        Account(
            "https://bbb.example.org/bigbluebutton", "", "639259d4-9dd8-4b25-bf01-95f9567eaf4b"
        ),
    ),
}
UNSIGNED = {
    "hls": "https://cdn.example.org/very-secret/index.m3u8",
    "origin": "very-secret",
    "origin-recording": "veryscrt",
    "youtube": "veryscr-tID",
    "vimeo": "76979871/abcdef0123",
    "twitch": "verysecret",
    "iframe": "https://player.example.org/very-secret",
    "join": "https://us02web.zoom.us/j/81234567890?pwd=very-secret",
}
