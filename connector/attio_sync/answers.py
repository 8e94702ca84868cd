"""Pure: decoded answers as the lists and models they should be."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from attio_sync.errors import ContractChangedError
from attio_sync.shapes import as_array


def as_list(answer: Any, what: str) -> list[Any]:  # noqa: ANN401
    """An answer that is a list of this, or ContractChangedError."""
    array = as_array(answer)
    if array is None:
        message = f"Attio answered {what} that are not a list"
        raise ContractChangedError(message)
    return array


def validated[T](adapter: TypeAdapter[T], answer: Any) -> T:  # noqa: ANN401
    """An answer in the shape that is documented, or ContractChangedError."""
    try:
        return adapter.validate_python(answer)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = f"Attio's answer does not have the documented shape: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ContractChangedError(message) from None
