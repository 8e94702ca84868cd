"""What `attio-sync history` is asked for: the id of a record or entry, or the URL of its page in Attio."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from attio_sync.parents import Parent
from attio_workbench.errors import WorkbenchError

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)

_PAGES = {"company": "companies", "person": "people", "deal": "deals", "user": "users", "workspace": "workspaces"}
"""What stands before a record's id in the URL of its page, by object; any other object has `SLUG/record` there.

https://docs.attio.com/rest-api/endpoint-reference/records/get-a-record, `web_url`
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which record or entry is asked for, and of which object it is, where a URL says that."""

    id: str
    object: str | None = None

    def check_is(self, parent: Parent) -> None:
        """That it is where the URL says.

        Raises:
            WorkbenchError: it is somewhere else.
        """
        if self.object in {None, str(parent)} or _UUID.fullmatch(parent.slug):  # the setting may name an object by its id
            return
        message = (
            f"{self.id} is no record of {self.object} but {item_of(parent)}: give the id alone, or copy the address of its "
            "page in Attio"
        )
        raise WorkbenchError(message)


def checked_record(text: str) -> Asked:
    """What is asked for; its id becomes part of a URL. Of a record's URL in Attio, the first id in its path.

    Raises:
        WorkbenchError: there is none.
    """
    path = re.split(r"[?#]", text)[0].split("/") if text.startswith("https://") else [text]
    found = next(filter(_UUID.fullmatch, path), None)
    if found is None:
        message = (
            f"{text!r} is no record id, such as 6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11, and no URL with one: copy the "
            "address of the record's page in Attio"
        )
        raise WorkbenchError(message)
    *_, before, last = ["", "", *path[: path.index(found)]]
    page = unquote(before if last == "record" else last)
    is_object = last == "record" or page in _PAGES.values()
    return Asked(found.lower(), _PAGES.get(page, page if page and is_object else None))


def item_of(parent: Parent) -> str:
    """What a record or an entry of it is."""
    return f"{'an' if parent.is_list else 'a'} {parent.noun} of {parent}"
