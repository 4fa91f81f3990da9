import json
from typing import Any, NoReturn


class StrictDecoder(json.JSONDecoder):
    """For forms: takes what PostgreSQL stores. Whatever else is wrong, like numbers of 5,000 digits or
    too deep a nesting, is a JSONDecodeError too, the one error that Django's field understands.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(parse_constant=_refuse, **options)

    def decode(self, text: str, *rest: Any) -> Any:
        try:
            value = super().decode(text, *rest)
            # Half a surrogate cannot be encoded, and NUL cannot be stored.
            written = json.dumps(value, ensure_ascii=False).encode()
            if b"\\u0000" in written.replace(rb"\\", b""):
                _refuse("NUL")
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from None
        return value


def _refuse(found: str) -> NoReturn:
    raise ValueError(f"{found} is not taken")
