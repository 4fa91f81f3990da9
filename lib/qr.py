"""Codes for cameras."""

import base64

import qrcode
from qrcode.image.svg import SvgPathFillImage


def qr_image(text: str) -> str:
    """The address of a picture that is in the address itself: black on white, whatever the page."""
    svg = qrcode.make(text, image_factory=SvgPathFillImage).to_string()
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
