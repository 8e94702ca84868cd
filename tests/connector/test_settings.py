"""Settings: the configuration, else the environment, else a `.env`, else the default; and what a wrong one says."""

import json
import pickle
import re
import traceback
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sync.env_files import ENV_FILES, env_files_read
from attio_sync.errors import SettingsError
from attio_sync.parents import parse_parent
from attio_sync.settings import (
    Settings,
    default_text,
    environment_name,
    load_settings,
    settings_warnings,
    unknown_settings,
)
from attio_sync.sources import Source, Tracked

TOKEN = "f4k3-t0k3n-that-opens-nothing"  # noqa: S105 (it opens nothing)
DEFAULT_HISTORY = Source(parse_parent("applications"), "workflow_status", "attio_workflow_status")


def source(name: str, table: str) -> Source:
    parent, _, attribute = name.partition(".")
    return Source(parse_parent(parent), attribute, table)


DEFAULTS: dict[str, Any] = {
    "attio_base_url": "https://api.attio.com",
    "history": Tracked((DEFAULT_HISTORY,)),
    "backfill_days": 30,
    "buffer_minutes": 60,
    "page_size": 500,
    "concurrency": None,
    "requests_per_second": 90.0,
    "reconcile_hours": 24.0,
    "recheck_days": 30,
    "definitions": True,
}

# For each setting two texts and what they mean.
SAMPLES: dict[str, tuple[tuple[str, Any], tuple[str, Any]]] = {
    "attio_base_url": (
        ("https://attio.example.com/", "https://attio.example.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ),
    "history": (
        ("deals.stage=deal_stage", Tracked((Source(parse_parent("deals"), "stage", "deal_stage"),))),
        (" a.b=c , lists/d.e = f,*", Tracked((source("a.b", "c"), source("lists/d.e", "f")), everything=True)),
    ),
    "backfill_days": (("all", None), ("7", 7)),
    "buffer_minutes": (("0", 0), ("120", 120)),
    "page_size": (("100", 100), ("1", 1)),
    "concurrency": (("auto", None), ("3", 3)),
    "requests_per_second": (("50", 50.0), ("0.5", 0.5)),
    "reconcile_hours": (("0", 0.0), ("1.5", 1.5)),
    "recheck_days": (("1", 1), ("365", 365)),
    "definitions": (("no", False), ("yes", True)),
}


def load(env_files: tuple[Path, ...] = (), /, **configuration: object) -> Settings:
    return load_settings({"attio_api_token": TOKEN, **configuration}, env_files)


def problem(**configuration: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load(**configuration)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def dotenv(folder: Path, name: str = ".env", **lines: str) -> Path:
    path = folder / name
    path.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))
    return path


def test_each_default_is_this() -> None:
    settings = load()
    assert {key: getattr(settings, key) for key in DEFAULTS} == DEFAULTS
    assert set(Settings.model_fields) == {"attio_api_token", *DEFAULTS}


def test_every_setting_has_a_title_and_a_description() -> None:
    assert all(field.title and field.description for field in Settings.model_fields.values())


def test_each_default_can_be_written_into_the_configuration() -> None:
    fields = Settings.model_fields
    written = {key: default_text(field) for key, field in fields.items()}
    assert written == {
        "attio_api_token": "",
        "attio_base_url": "https://api.attio.com",
        "history": "applications.workflow_status=attio_workflow_status",
        "backfill_days": "30",
        "buffer_minutes": "60",
        "page_size": "500",
        "concurrency": "auto",
        "requests_per_second": "90",
        "reconcile_hours": "24",
        "recheck_days": "30",
        "definitions": "yes",
    }
    assert load(**{key: text for key, text in written.items() if key != "attio_api_token"}) == load()


@pytest.mark.parametrize("key", SAMPLES)
def test_each_setting_is_looked_for_in_the_configuration_the_environment_two_files_and_is_else_the_default(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one, meaning), (other, other_meaning) = SAMPLES[key]
    name = environment_name(key)
    outer, inner = dotenv(tmp_path, "outer.env", **{name: one}), dotenv(tmp_path, "inner.env", **{name: other})
    absent = tmp_path / "absent.env"
    assert getattr(load((absent,)), key) == DEFAULTS[key]
    assert getattr(load((outer, absent)), key) == meaning
    # The file in the connector's folder comes second and counts more.
    assert getattr(load((outer, inner)), key) == other_meaning
    monkeypatch.setenv(name, one)
    assert getattr(load((outer, inner)), key) == meaning
    assert getattr(load((outer, inner), **{key: other}), key) == other_meaning


def test_the_token_is_looked_for_in_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def token(files: tuple[Path, ...], **configuration: str) -> str:
        return load_settings(configuration, files).attio_api_token.get_secret_value()

    file = dotenv(tmp_path, ATTIO_API_TOKEN="from-file")
    assert token((file,)) == "from-file"
    monkeypatch.setenv("ATTIO_API_TOKEN", "from-environment")
    assert token((file,)) == "from-environment"
    assert token((file,), attio_api_token="from-configuration") == "from-configuration"


@pytest.mark.parametrize("key", SAMPLES)
@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_setting_counts_as_not_given(
    key: str, empty: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one, meaning), _ = SAMPLES[key]
    assert getattr(load(**{key: empty}), key) == DEFAULTS[key]
    file = dotenv(tmp_path, **{environment_name(key): one})
    monkeypatch.setenv(environment_name(key), "")
    assert getattr(load((file,), **{key: empty}), key) == meaning


def test_the_name_of_each_setting_in_the_environment_begins_with_attio_once() -> None:
    names = [environment_name(key) for key in Settings.model_fields]
    assert names[:4] == ["ATTIO_API_TOKEN", "ATTIO_BASE_URL", "ATTIO_HISTORY", "ATTIO_BACKFILL_DAYS"]
    assert all(re.fullmatch(r"ATTIO_(?!ATTIO_)[A-Z_]+", name) for name in names)


def test_other_variables_and_other_lines_of_a_file_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTIO_SOMETHING_ELSE", "1")
    monkeypatch.setenv("PAGE_SIZE", "7")
    assert load((dotenv(tmp_path, DATABASE_URL="x", PAGE_SIZE="7"),)) == load()


# --- What is wrong, and what to do


@pytest.mark.parametrize("configuration", [{}, {"attio_api_token": ""}, {"attio_api_token": None}])
def test_a_missing_token_says_where_to_set_it(configuration: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(configuration, ())
    assert str(caught.value) == (
        "attio_api_token is missing: set it in the connection's setup form on Fivetran, or locally as ATTIO_API_TOKEN in "
        "the environment, or in a file called .env in the repository's root or in connector/"
    )
    root = Path(__file__).parents[2]
    assert [path.relative_to(root).as_posix() for path in ENV_FILES] == [".env", "connector/.env"]


WRONG: list[tuple[str, str, str]] = [
    ("backfill_days", "many", "write a whole number"),
    ("backfill_days", "-1", "must be at least 0, or all"),
    ("backfill_days", "36501", "must be at most 36500"),
    ("backfill_days", "1.5", "write a whole number"),
    ("buffer_minutes", "all", "write a whole number"),
    ("buffer_minutes", "-1", "must be at least 0"),
    ("buffer_minutes", "44641", "must be at most 44640"),
    ("page_size", "0", "must be at least 1"),
    ("page_size", "10001", "must be at most 10000"),
    ("page_size", "5e2", "write a whole number"),
    ("concurrency", "0", "must be at least 1, or auto"),
    ("concurrency", "201", "must be at most 200"),
    ("concurrency", "all", "write a whole number"),
    ("concurrency", "lots", "write a whole number, or auto"),
    ("backfill_days", "lots", "write a whole number, or all"),
    ("requests_per_second", "0", "must be at least 0.1"),
    ("requests_per_second", "-90", "must be at least 0.1"),
    ("requests_per_second", "fast", "write a number"),
    ("requests_per_second", "inf", "must be at most 10000"),
    ("requests_per_second", "nan", "must be at most 10000"),
    ("reconcile_hours", "-1", "must be at least 0"),
    ("reconcile_hours", "744.5", "must be at most 744"),
    ("reconcile_hours", "nan", "must be at most 744"),
    ("recheck_days", "0", "must be at least 1"),
    ("recheck_days", "366", "must be at most 365"),
    ("recheck_days", "1.5", "write a whole number"),
    ("reconcile_hours", "daily", "write a number"),
    ("history", "applications", "is not object.attribute or lists/list.attribute, with =table behind it if need be"),
    ("history", "a.b=My Table", "use small letters, digits and underscores"),
    ("history", "a.b=attio_sync_error", "the table attio_sync_error is there already and holds something else"),
    ("history", "a.b=t,a.b=u", "a.b is named twice: one table for each attribute"),
    ("definitions", "perhaps", "write yes or no"),
    ("definitions", "2", "write yes or no"),
    ("attio_base_url", "http://api.attio.com", "must start with https://"),
    ("attio_base_url", "ftp://api.attio.com", "is no address like https://api.attio.com"),
    ("attio_base_url", "api.attio.com", "is no address like https://api.attio.com"),
    ("attio_base_url", "HTTPS://api.attio.com", "is no address like https://api.attio.com"),
    ("attio_base_url", "https://api.attio.com/v2/", "is to end before /v2: https://api.attio.com"),
    ("attio_base_url", "https://", "is no address like https://api.attio.com"),
    ("attio_base_url", "https://api.attio.com:0", "is no address like https://api.attio.com"),
    ("attio_base_url", "https://user:secret@api.attio.com", "attio_base_url"),
    ("attio_base_url", "http://user:secret@127.0.0.1", "attio_base_url"),
    ("attio_base_url", "https://api.attio.com:port", "attio_base_url"),
    ("attio_base_url", "https://api.attio.com:99999", "attio_base_url"),
    ("attio_base_url", "https://api.attio.com?x=1", "attio_base_url"),
    ("attio_base_url", "https://api.attio.com#x", "attio_base_url"),
    ("attio_base_url", "https://api.at tio.com", "attio_base_url"),
    ("attio_base_url", "https://api.attio.com\n/x", "attio_base_url"),
    ("attio_base_url", "http://[::1", "attio_base_url"),
    ("attio_api_token", "   ", "copy it again from Attio"),
    ("attio_api_token", "two words", "copy it again from Attio"),
    ("attio_api_token", "line\nbreak", "copy it again from Attio"),
    ("attio_api_token", "tökén", "copy it again from Attio"),
    ("attio_api_token", "nul\x00", "copy it again from Attio"),
]


@pytest.mark.parametrize(("key", "text", "says"), WRONG)
def test_a_wrong_setting_is_named_with_what_is_expected(key: str, text: str, says: str) -> None:
    said = problem(**{key: text})
    assert said.startswith(f"{key}: ")
    assert says in said
    assert "Input should" not in said


def test_more_requests_than_attio_allows_are_warned_about() -> None:
    assert settings_warnings(load()) == settings_warnings(load(requests_per_second="100")) == []
    assert settings_warnings(load(requests_per_second="5000", attio_base_url="http://127.0.0.1:8080")) == []
    [said] = settings_warnings(load(requests_per_second="100.5"))
    assert said == (
        "requests_per_second is 100.5, and Attio allows 100 over all its clients: it will refuse the excess, which only "
        "costs time. Set it to 100 or less"
    )


def test_every_wrong_setting_is_named_at_once() -> None:
    said = problem(page_size="0", backfill_days="x", attio_base_url="http://example.com")
    assert [part.split(":")[0] for part in said.split("; ")] == ["attio_base_url", "backfill_days", "page_size"]


@pytest.mark.parametrize("key", ["page_size", "backfill_days", "concurrency", "history", "attio_base_url", "definitions"])
@pytest.mark.parametrize("value", [{}, ["x"], {"x": 1}])
def test_a_setting_that_is_no_text_is_wrong_and_no_crash(key: str, value: object) -> None:
    said = problem(**{key: value})
    assert key in said
    assert "Input should" not in said


@given(st.sampled_from([key for key in DEFAULTS if key != "attio_base_url"]), st.text(max_size=30))
def test_whatever_is_typed_in_is_a_setting_or_an_error_that_names_it(key: str, text: str) -> None:
    try:
        load(**{key: text})
    except SettingsError as error:
        said = str(error)
    else:
        said = key
    assert said.startswith(key)


pieces = (
    "http https :// : / // @ ? # \\ [ ] ::1 127.0.0.1 localhost 0x7f.1 evil.example.com api.attio.com "
    ". .. %2e :80 :99999 user ä xn--"
)
urls = st.lists(st.sampled_from([*pieces.split(), " ", "\n", "\t", "\x00"]), max_size=7).map("".join)


@given(urls | st.builds("http{}://{}".format, st.sampled_from(["", "s"]), urls))
def test_a_base_url_that_is_taken_is_encrypted_or_this_machine_for_the_http_library_too(url: str) -> None:
    try:
        taken = load(attio_base_url=url).attio_base_url if url else DEFAULTS["attio_base_url"]
    except SettingsError as error:
        said, taken = str(error), DEFAULTS["attio_base_url"]
    else:
        said = "attio_base_url: "
    assert said.startswith("attio_base_url: ")
    try:
        sent = httpx2.Request("GET", f"{taken}/v2/self").url
    except (httpx2.InvalidURL, UnicodeError):
        return  # the client refuses it before anything is sent
    assert sent.scheme == "https" or (sent.scheme == "http" and sent.host in {"127.0.0.1", "::1", "localhost"})
    assert sent.path.endswith("/v2/self")
    assert sent.host
    assert not sent.userinfo


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.0.0.1:8080", "http://127.0.0.2", "http://[::1]:8080", "http://LOCALHOST:1"]
)
def test_plain_http_is_for_this_machine(url: str) -> None:
    assert load(attio_base_url=url).attio_base_url == url


@pytest.mark.parametrize(
    "host",
    [
        "192.168.0.1",
        "10.0.0.1",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "[::]",
        "example.com",
    ],
)
def test_plain_http_is_for_no_other_machine(host: str) -> None:
    assert "must not travel unencrypted" in problem(attio_base_url=f"http://{host}")


@pytest.mark.parametrize("url", ["https://api.attio.com/", " https://api.attio.com ", "https://api.attio.com//"])
def test_blanks_around_an_url_and_slashes_behind_it_do_not_matter(url: str) -> None:
    assert load(attio_base_url=url).attio_base_url == "https://api.attio.com"


def test_blanks_around_a_token_do_not_matter() -> None:
    assert load(attio_api_token=f" {TOKEN}\n").attio_api_token.get_secret_value() == TOKEN


# --- The token never prints


def test_the_token_is_in_no_way_to_show_the_settings() -> None:
    settings = load()
    shown = [
        repr(settings),
        str(settings),
        f"{settings}",
        f"{settings!r:>500}",
        settings.model_dump_json(),
        json.dumps(settings.model_dump(mode="json")),
        str(settings.model_dump()),
        str(list(settings)),
        str(vars(settings)),
        repr(settings.attio_api_token),
    ]
    assert not [text for text in shown if TOKEN in text]
    assert settings.attio_api_token.get_secret_value() == TOKEN


@pytest.mark.parametrize("token", [f"{TOKEN} and more", f"{TOKEN}\n{TOKEN}", f"{TOKEN}ä"])
def test_a_token_that_is_wrong_is_in_no_error(token: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(attio_api_token=token, page_size="0")
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(vars(caught.value))
    assert TOKEN not in shown
    assert TOKEN.encode() not in pickle.dumps(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("token", [[TOKEN], {"token": TOKEN}, 7])
def test_a_token_of_another_type_is_in_no_error(token: object) -> None:
    assert problem(attio_api_token=token) == "attio_api_token: write text"


def test_settings_as_json_say_what_is_tracked_as_it_is_written() -> None:
    assert json.loads(load(history="deals.stage,*").model_dump_json())["history"] == "deals.stage=attio_deals_stage,*"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(load(), "page_size", 7)  # noqa: B010 (a type checker refuses the plain assignment)


# --- Keys that are none


def test_a_key_that_is_no_setting_is_named_with_the_one_it_may_have_been_meant_to_be() -> None:
    configuration = {"attio_api_token": "x", "backfil_days": "7", "zzz": "1", "page_size": "5"}
    assert unknown_settings(configuration) == [
        "'backfil_days' is no setting and is ignored; did you mean 'backfill_days'?",
        "'zzz' is no setting and is ignored",
    ]
    assert load(backfil_days="7") == load()


@pytest.mark.parametrize("key", ["_secrets_dir", "_env_file", "_cli_parse_args"])
def test_a_key_that_the_library_of_settings_knows_is_no_setting_either(key: str, tmp_path: Path) -> None:
    (tmp_path / "attio_page_size").write_text("7", "utf-8")
    assert load((), **{key: str(tmp_path)}) == load()


@pytest.mark.parametrize("key", ["page_size", "PAGE_SIZE", "Page_Size"])
def test_capitals_make_no_other_key(key: str) -> None:
    assert load(**{key: "7"}).page_size == 7
    assert unknown_settings({key: "7"}, ()) == []


MISSPELT = [
    ("ATTIO_BACKFILL_DAY", "ATTIO_BACKFILL_DAYS"),
    ("ATTIO_PAGESIZE", "ATTIO_PAGE_SIZE"),
    ("ATTIO_TOKEN", "ATTIO_API_TOKEN"),
    ("ATTIO_API_KEY", "ATTIO_API_TOKEN"),
]


@pytest.mark.parametrize(("name", "meant"), MISSPELT)
def test_a_misspelt_name_in_the_environment_or_a_file_is_named_with_the_one_it_may_have_been_meant_to_be(
    name: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = dotenv(tmp_path, **{name: "7", meant: "7", "PAGE_SIZ": "7"})
    said = f"is no setting and is ignored; did you mean {meant!r}?"
    assert unknown_settings({}, (file, tmp_path / "absent.env")) == [f"{name!r} in {file} {said}"]
    monkeypatch.setenv(name, "7")
    assert unknown_settings({}, (file,)) == [f"{name!r} in the environment {said}", f"{name!r} in {file} {said}"]


@pytest.mark.parametrize("name", ["ATTIO_PAGE_SIZE", "attio_page_size", "PAGE_SIZ", "ATTI_PAGE_SIZE"])
def test_a_name_in_the_environment_that_is_a_setting_or_not_ours_is_not_mentioned(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "7")
    assert unknown_settings({}, (dotenv(tmp_path, **{name: "7"}),)) == []


@pytest.mark.parametrize("key", Settings.model_fields)
def test_a_setting_without_its_prefix_is_named_where_it_stands_in_a_file(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meant = environment_name(key)
    bare = meant.removeprefix("ATTIO_")
    said = f"{bare!r} in {{}} is no setting and is ignored; did you mean {meant!r}?"
    for name in (bare, bare.lower()):
        file = dotenv(tmp_path, **{name: "5", "OTHER": "5"})
        assert unknown_settings({}, (file,)) == [said.format(file)]
    # The environment is shared with every other program.
    monkeypatch.setenv(bare, "5")
    assert unknown_settings({}, ()) == []


def test_a_missing_token_that_is_there_under_another_name_is_found(tmp_path: Path) -> None:
    file = dotenv(tmp_path, ATTIO_TOKEN=TOKEN)
    with pytest.raises(SettingsError) as caught:
        load_settings({"token": TOKEN}, (file,))
    said = str(caught.value)
    assert said.startswith("attio_api_token is missing: set it in")
    assert said.endswith(
        "; 'token' is no setting and is ignored; "
        f"'ATTIO_TOKEN' in {file} is no setting and is ignored; did you mean 'ATTIO_API_TOKEN'?"
    )
    assert TOKEN not in said


# --- The files


def test_the_files_that_are_read_are_those_that_exist(tmp_path: Path) -> None:
    file = dotenv(tmp_path, PAGE_SIZE="7")
    assert env_files_read((tmp_path / "absent.env", file, tmp_path)) == [file]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_in_utf_8_is_read_with_and_without_a_mark_of_that(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("ATTIO_PAGE_SIZE=7\nGREETING=Grüße\n", encoding)
    assert load((file,)).page_size == 7


@pytest.mark.parametrize("line", ["ATTIO_API_TOKEN: {}", "attio_api_token", "export ATTIO_API_TOKEN"])
def test_a_line_of_a_file_that_says_nothing_is_named(line: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# ours\nATTIO_PAGE_SIZE=7\n\n{line.format(TOKEN)}\nexport OTHER\n")
    with pytest.raises(SettingsError) as caught:
        load((file,))
    assert str(caught.value) == f"{file}, line 4, is not NAME=value, as in ATTIO_PAGE_SIZE=500: correct it"
    assert not caplog.messages


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_a_file_in_another_encoding_is_named_with_what_to_do(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"ATTIO_API_TOKEN={TOKEN}\nGREETING=Grüße\n", encoding)
    with pytest.raises(SettingsError) as caught:
        load((file,))
    assert str(caught.value) == f"{file} is not in UTF-8, so nothing in it can be read: save it again in that encoding"
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_a_setting_that_a_file_gives_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("OTHER=1\nOTHER=2\n\nATTIO_PAGE_SIZE=7\n\n# or\nattio_page_size=8\n")
    with pytest.raises(SettingsError) as caught:
        load((file,))
    assert str(caught.value) == f"{file} has ATTIO_PAGE_SIZE twice, in lines 4 and 7: leave one of them out"
