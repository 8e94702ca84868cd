"""Settings: the configuration Fivetran hands over, else the environment, else a `.env` file, else the default.

Each is a string in the configuration; in the environment and in `.env` it is named like its key in capitals, with `ATTIO_`
before it: `ATTIO_API_TOKEN`, `ATTIO_BACKFILL_DAYS`.
"""

import difflib
import re
from collections.abc import Mapping
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AliasChoices, BeforeValidator, Field, PlainSerializer, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, NoDecode, SettingsConfigDict

from attio_sync.env_files import ENV_FILES, PREFIX, check_env_files, env_files_read
from attio_sync.errors import SettingsError
from attio_sync.small_tables import RESERVED_TABLES
from attio_sync.sources import FIRST, Tracked, parse_tracked

_BASE_URL = re.compile(r"https?://(?:[\w.-]+|\[[\w:.]+\])(?::\d+)?(?:/[\w.~%/-]*)?", re.ASCII)
"""No user, query, fragment or blank: nothing that one library may read in another way than the next."""

ATTIO_REQUESTS_PER_SECOND = 100
"""https://docs.attio.com/rest-api/guides/rate-limiting."""


WORDS = {"backfill_days": "all", "concurrency": "auto"}
"""Settings that take a word instead of a number."""


def _none_for(word: str) -> BeforeValidator:
    return BeforeValidator(lambda value: None if isinstance(value, str) and value.strip().lower() == word else value)


class Settings(BaseSettings):
    """All settings, validated. The token never prints."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file_encoding="utf-8-sig",  # some editors begin a file with a mark of its encoding
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    attio_api_token: SecretStr = Field(
        validation_alias=AliasChoices("attio_api_token", "ATTIO_API_TOKEN"),
        title="Attio API token",
        description="Create one in Attio under Workspace settings → Developers, with the scopes "
        "record_permission:read, object_configuration:read, for lists list_entry:read, list_configuration:read, and for "
        "the names of members user_management:read",
    )
    attio_base_url: str = Field(
        "https://api.attio.com",
        validation_alias=AliasChoices("attio_base_url", "ATTIO_BASE_URL"),
        title="Attio base URL",
        description="Where Attio's API is. https, or http on this machine only",
    )
    history: Annotated[
        Tracked,
        NoDecode,
        BeforeValidator(partial(parse_tracked, reserved=RESERVED_TABLES)),
        PlainSerializer(str, when_used="json"),
    ] = Field(
        Tracked((FIRST,)),
        title="Histories",
        description="What to track, comma-separated: object.attribute, lists/list.attribute, with =table behind it where "
        "the table is to be called otherwise; * for every status the token can see",
    )
    backfill_days: Annotated[int | None, _none_for(WORDS["backfill_days"])] = Field(
        30,
        ge=0,
        le=36500,
        title="Backfill days",
        description="How many days of changes a first sync delivers first; everything older follows in the same sync",
    )
    buffer_minutes: int = Field(
        60,
        ge=0,
        le=60 * 24 * 31,
        title="Buffer minutes",
        description="How many minutes before the last sync each sync looks again",
    )
    page_size: int = Field(500, ge=1, le=10_000, title="Page size", description="Records in a listing page")
    concurrency: Annotated[int | None, _none_for(WORDS["concurrency"])] = Field(
        None,
        ge=1,
        le=200,
        title="Concurrency",
        description="Histories read at once: a number, or auto = as many as the rate and Attio's answers need, at most 40",
    )
    requests_per_second: float = Field(
        90.0,
        ge=0.1,
        le=10_000,
        title="Requests per second",
        description=f"Attio allows {ATTIO_REQUESTS_PER_SECOND} over all its clients and refuses the excess",
    )
    reconcile_hours: float = Field(
        24.0,
        ge=0,
        le=24 * 31,
        title="Reconcile hours",
        description="How often everything is compared, in hours; 0 = in every sync",
    )
    recheck_days: int = Field(
        30,
        ge=1,
        le=365,
        title="Recheck days",
        description="Within how many days the histories of all records are read again, a slice at each reconciliation; "
        "1 = all in every reconciliation",
    )
    definitions: bool = Field(
        True,  # noqa: FBT003 (a default)
        title="Definitions",
        description="yes or no: whether the objects, lists and attributes of the workspace get tables too, read once a day",
    )

    @field_validator("attio_api_token")
    @classmethod
    def _one_word(cls, token: SecretStr) -> SecretStr:
        text = token.get_secret_value().strip()
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            message = "is empty or holds characters no token has; copy it again from Attio"
            raise ValueError(message)
        return SecretStr(text)

    @field_validator("attio_base_url")
    @classmethod
    def _encrypted_or_local(cls, url: str) -> str:
        url = url.strip().rstrip("/")
        parts = urlsplit(url)
        if parts.path == "/v2":
            message = f"is to end before /v2: {url.removesuffix('/v2')}"
            raise ValueError(message)
        if _BASE_URL.fullmatch(url) is None or parts.port == 0:
            message = "is no address like https://api.attio.com"
            raise ValueError(message)
        if parts.scheme == "https" or _is_loopback(parts.hostname or ""):
            return url
        message = "must start with https:// (http:// is for this machine only): the token must not travel unencrypted"
        raise ValueError(message)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(configuration: Mapping[str, Any], env_files: tuple[Path, ...] = ENV_FILES) -> Settings:
    """The settings of a connection. An empty value counts as not given.

    Raises:
        SettingsError: one or more settings are missing or wrong; the message names each and says what to do.
    """
    # Others the library could take for parameters of its own.
    given = {key: value for key, value in configuration.items() if value not in (None, "") and _is_setting(key)}
    check_env_files(env_files)
    try:
        return Settings(_env_file=env_files, **given)  # pyright: ignore[reportCallIssue] (pydantic-settings' own parameter)
    except ValidationError as error:
        problems = [_problem(dict(e)) for e in error.errors(include_url=False, include_input=False)]
        # What is missing may be there under another name.
        raise SettingsError("; ".join([*problems, *unknown_settings(configuration, env_files)])) from None


def unknown_settings(configuration: Mapping[str, Any], env_files: tuple[Path, ...] = ENV_FILES) -> list[str]:
    """A sentence for each name that is no setting, with the one it may have been meant to be.

    In the environment and in `.env`, which hold other things too, these are the names that begin as ours do; in `.env`,
    which is written for us, also those of ours that lack this beginning.
    """
    known = list(Settings.model_fields)
    sentences = [_unknown(key, "", known) for key in sorted(configuration) if not _is_setting(key)]
    names = [environment_name(key) for key in known]
    places = {"the environment": EnvSettingsSource(Settings).env_vars}
    places |= {str(path): DotEnvSettingsSource(Settings, env_file=path).env_vars for path in env_files_read(env_files)}
    for place, variables in places.items():
        given = {name.upper() for name in variables if name.startswith("attio_")}
        sentences += [_unknown(name, f" in {place}", names) for name in sorted(given - set(names))]
        if place != "the environment":
            bare = {name for name in names if name.removeprefix(PREFIX).lower() in variables}
            sentences += [_unknown(name.removeprefix(PREFIX), f" in {place}", [name]) for name in sorted(bare)]
    return sentences


def _is_setting(key: str) -> bool:
    """Whether a key of the configuration is one; the library takes them in capitals too."""
    return key.lower() in Settings.model_fields


def _unknown(name: str, place: str, known: list[str]) -> str:
    near = [k for k in known if k == f"{PREFIX}{name}"] or difflib.get_close_matches(name, known, n=1)
    return f"{name!r}{place} is no setting and is ignored" + (f"; did you mean {near[0]!r}?" if near else "")


def settings_warnings(settings: Settings) -> list[str]:
    """A sentence for each setting that is allowed and unwise."""
    # What is read on this machine is no Attio, and has limits of its own.
    if settings.requests_per_second <= ATTIO_REQUESTS_PER_SECOND or settings.attio_base_url.startswith("http://"):
        return []
    sentence = (
        f"requests_per_second is {settings.requests_per_second:g}, and Attio allows {ATTIO_REQUESTS_PER_SECOND} over all "
        f"its clients: it will refuse the excess, which only costs time. Set it to {ATTIO_REQUESTS_PER_SECOND} or less"
    )
    return [sentence]


def default_text(field: FieldInfo) -> str:
    """A setting's default as one would write it into the configuration; empty where there is none."""
    value: object = field.default
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return WORDS["concurrency"] if field.title == "Concurrency" else ""
    return f"{value:g}" if isinstance(value, float) else "" if field.is_required() else str(value)


_WHAT_TO_WRITE = {
    "bool": "write yes or no",
    "int": "write a whole number",
    "float": "write a number",
    "string": "write text",
    "dataclass": "write text",
    "greater": "must be at least {ge:g}",
    "less": "must be at most {le:g}",
}
"""By the first word of what the validation calls an error."""


def _problem(error: dict[str, Any]) -> str:
    key = str(error["loc"][0]).lower() if error["loc"] else "settings"
    if error["type"] == "missing":
        return (
            f"{key} is missing: set it in the connection's setup form on Fivetran, or locally as "
            f"{environment_name(key)} in the environment, or in a file called .env in the repository's root or in "
            "connector/"
        )
    what = _WHAT_TO_WRITE.get(str(error["type"]).partition("_")[0])
    said = what.format(**error.get("ctx", {})) if what else str(error["msg"]).removeprefix("Value error, ")
    return f"{key}: {said}, or {WORDS[key]}" if key in WORDS else f"{key}: {said}"


def environment_name(key: str) -> str:
    """The name of a setting in the environment and in `.env`."""
    return PREFIX + key.removeprefix("attio_").upper()
