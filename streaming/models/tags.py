from functools import lru_cache

from django.utils.crypto import salted_hmac

TAG_LENGTH = 12


# /live.json asks for the same ones each second.
@lru_cache(maxsize=1024)
def opaque_tag(of: str, text: str) -> str:
    """A name for something that changes with it and says nothing of it."""
    return salted_hmac(f"streaming.{of}", text, algorithm="sha256").hexdigest()[:TAG_LENGTH]
