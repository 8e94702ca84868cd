"""Attio's refusals, with the bodies that the documentation and recordings show.

Every body is `{"status_code", "type", "code", "message"}`; one about a malformed request adds `validation_errors`.
See https://docs.attio.com/rest-api/endpoint-reference.
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer of Attio that is not a success."""

    def __init__(self, status: int, kind: str, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"status_code": status, "type": kind, "code": code, "message": message, **more}


def bad_request(*, code: str, message: str, **more: Any) -> ApiError:
    """400 for a request that Attio cannot take."""
    return ApiError(400, "invalid_request_error", code, message, **more)


def conflict(message: str) -> ApiError:
    """409 for a slug or a title that is taken."""
    return ApiError(409, "invalid_request_error", "slug_conflict", message)


def uniqueness_conflict(slug: str) -> ApiError:
    """400 for a value that another record has, where each may be there only once."""
    message = (
        f'A value provided for attribute with slug "{slug}" conflicts with one already in the system. This attribute has a '
        "uniqueness constraint. Please ensure all values for this attribute do not exist on another record."
    )
    return bad_request(code="uniqueness_conflict", message=message)


def invalid_body(path: list[str | int], message: str) -> ApiError:
    """400 for a body of the wrong shape; says where."""
    problem = {"code": "invalid_type", "path": path, "message": message}
    return bad_request(code="validation_type", message="Body payload validation error.", validation_errors=[problem])


def filter_error(*, code: str = "filter_error", message: str = "Error in filter.") -> ApiError:
    """400 for a filter or a sort that Attio does not accept."""
    return bad_request(code=code, message=message)


def unknown_filter_attribute(slug: str, path: tuple[str, ...]) -> ApiError:
    """400 for a filter on an attribute that does not exist; `path` leads to it, places in arrays as texts."""
    message = f"Unknown attribute slug: {slug}."
    return bad_request(code="unknown_filter_attribute_slug", message=message, path=list(path))


def unknown_filter_option(title: str, path: tuple[str, ...]) -> ApiError:
    """400 for a filter on an option that the select attribute at the end of `path` does not have."""
    message = f"Unknown select option name for option field constraint: {title}"
    return bad_request(code="unknown_filter_select_option_slug", message=message, path=list(path))


def not_found(*, message: str) -> ApiError:
    """404 for what does not exist, or no longer."""
    return ApiError(404, "invalid_request_error", "not_found", message)


def merge_in_progress(record_id: str) -> ApiError:
    """404 for a record that is being merged: not yet to be read, but not gone."""
    message = f'Record with ID "{record_id}" is being merged. Please try again later.'
    return ApiError(404, "invalid_request_error", "merge_in_progress", message)


def unauthorized(*, message: str) -> ApiError:
    """401 for a request without a token, or with one that Attio does not know."""
    return ApiError(401, "auth_error", "unauthorized", message)


def unrecognised_token() -> ApiError:
    """400 from `/v2/self` for a token that is missing, or none by its looks."""
    return bad_request(code="missing_value", message="Token was not recognised.")


def missing_scopes(scopes: list[str]) -> ApiError:
    """403 for a token that may not do this."""
    needed = ", ".join(f'"{scope}"' for scope in scopes)
    return ApiError(403, "auth_error", "unauthorized", f"The token is missing the required scopes: {needed}.")


def rate_limited() -> ApiError:
    """429; see https://docs.attio.com/rest-api/guides/rate-limiting."""
    message = "Rate limit exceeded, please try again later"
    return ApiError(429, "rate_limit_error", "rate_limit_exceeded", message)
