"""Headers of a request that Django does not read for us."""

from functools import lru_cache


@lru_cache(maxsize=256)
def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding lets us send gzip (RFC 9110, 12.5.3). What names it counts more
    than `*`; what cannot be read says no.
    """
    weights = dict(map(_weight, accept_encoding.lower().split(",")))
    named = [weights[name] for name in ("gzip", "x-gzip", "*") if name in weights]
    return bool(named) and named[0] > 0


def _weight(coding: str) -> tuple[str, float]:
    name, *parameters = (part.strip() for part in coding.split(";"))
    for parameter in parameters:
        key, _equals, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return name, 0.0
            return name, weight if 0 <= weight <= 1 else 0.0
    return name, 1.0
