"""Which names exist: what the setting `history` means in a workspace, and what is wrong with it."""

import difflib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from attio_sync.attio_types.workspace import AttioAttribute
from attio_sync.attribute_types import TYPES
from attio_sync.client import AttioClient
from attio_sync.errors import (
    SAME_FOR_ALL,
    AttioSyncError,
    ForbiddenError,
    MissingScopesError,
    NoHistoryError,
    SettingsError,
    UnknownNameError,
)
from attio_sync.listing import fetch_attributes
from attio_sync.parents import OBJECT_SCOPES, Parent
from attio_sync.small_tables import LISTS, OBJECTS, RESERVED_TABLES, Place, parents_in
from attio_sync.sources import EVERYTHING, FIRST, Source, Tracked, check_distinct, table_for

log = logging.getLogger(__name__)

SETTING = "the setting history"


@dataclass(frozen=True, slots=True)
class Found:
    """The sources that can be synced, of each of the others what is wrong with it, and what it cost to find out."""

    sources: list[Source] = field(default_factory=list[Source])
    failures: dict[str, AttioSyncError] = field(default_factory=dict[str, AttioSyncError])
    requests: int = 0


class Catalog:
    """What objects, lists and attributes there are. What was asked for is remembered.

    `named_by` is where the names come from that are looked up, and so what to correct where one is wrong.
    """

    def __init__(self, client: AttioClient, named_by: str = SETTING) -> None:
        self._client = client
        self._named_by = named_by
        self._attributes: dict[tuple[Parent, frozenset[str]], list[AttioAttribute]] = {}

    async def find(self, tracked: Tracked) -> Found:
        """The sources that the setting names.

        What is tracked where nothing is said is a status; nothing need be asked about it.

        Raises:
            GaveUpError, UnauthorizedError: nothing can be found out now.
            ForbiddenError: everything is tracked, and the token may not see what there is.
        """
        found, before = Found(), self._client.counts.total
        for source in tracked.named:
            # Where all are looked through anyway, they are asked for once.
            of_parent = (s.attribute for s in tracked.named if s.parent == source.parent and not tracked.everything)
            try:
                found.sources.append(source if source == FIRST else await self.known(source, frozenset(of_parent)))
            except SAME_FOR_ALL:
                raise
            except AttioSyncError as error:
                found.failures[source.name] = await self._refusal(error, source.parent.scopes, source.name)
        if tracked.everything:
            names = {s.name for s in tracked.named}
            try:
                statuses = await self._statuses(found)
            except ForbiddenError as error:
                raise await self._refusal(error, OBJECT_SCOPES, EVERYTHING) from None
            for source in statuses:
                if source.name not in names:
                    self._add(source, found)
        return replace(found, requests=self._client.counts.total - before)

    def _add(self, source: Source, found: Found) -> None:
        """One that was not named, unless its tables would be another's."""
        try:
            check_distinct([*found.sources, source], RESERVED_TABLES)
        except ValueError as error:
            found.failures[source.name] = SettingsError(f"history: {error}")
        else:
            found.sources.append(source)

    async def attributes(self, parent: Parent, wanted: frozenset[str] = frozenset()) -> list[AttioAttribute]:
        """All attributes of an object or a list, archived ones included; or no more once those `wanted` are among them.

        Raises:
            UnknownNameError: there is no such object or list; it names those that there are.
        """
        if (parent, wanted) not in self._attributes:
            try:
                self._attributes[parent, wanted] = await fetch_attributes(self._client, parent, wanted)
            except UnknownNameError:
                there_are = await self.parents()
                slugs = near(parent.slug, [p.slug for p in there_are])
                meant = [str(p) for p in there_are if p.slug in slugs]
                kind = "list" if parent.is_list else "object"
                of_kind = [str(p) for p in there_are if p.is_list == parent.is_list]
                message = f"there is no {kind} {parent.slug!r}{_instead(meant, f'the {kind}s are', of_kind)}"
                raise UnknownNameError(message) from None
        return self._attributes[parent, wanted]

    async def parents(self) -> list[Parent]:
        """All objects and lists that the token can see."""
        objects = await self._client.fetch_definitions(OBJECTS, Place())
        try:
            lists = await self._client.fetch_definitions(LISTS, Place())
        except ForbiddenError as error:
            log.info("lists are left out: %s", error)
            lists = []
        return [*parents_in(OBJECTS, objects), *parents_in(LISTS, lists)]

    async def explained(self, source: Source, error: AttioSyncError) -> AttioSyncError:
        """An unknown name, with those that exist; a refusal, with the scopes that are missing; any other error as it is."""
        try:
            if isinstance(error, UnknownNameError):
                await self.known(source)
            return await self._refusal(error, source.parent.scopes, source.name)
        except SAME_FOR_ALL:
            return error
        except AttioSyncError as explanation:
            return explanation

    async def _refusal(self, error: AttioSyncError, scopes: Iterable[str], what: str) -> AttioSyncError:
        """A refusal of what takes these scopes, with those of them that the token lacks; any other error as it is."""
        return (await self.lacking(scopes, what) if isinstance(error, ForbiddenError) else None) or error

    async def names(self) -> list[str]:
        """Every attribute that has a history, of every object and list, as the setting `history` names it."""
        return [
            f"{parent}.{a.api_slug}"
            for parent in await self.parents()
            for a in await self.attributes(parent)
            if a.type in TYPES and not a.is_archived
        ]

    async def lacking(self, scopes: Iterable[str], what: str) -> MissingScopesError | None:
        """Which of these scopes, which something takes, the token lacks, if any."""
        identity = await self._client.fetch_self()
        lacking = {scope: (what,) for scope in scopes if not identity.has_scope(scope)}
        return MissingScopesError(lacking) if lacking else None

    async def known(self, source: Source, wanted: frozenset[str] = frozenset()) -> Source:
        """The source with what Attio says of its attribute.

        Raises:
            UnknownNameError: there is no such object, list or attribute, or it is archived.
            NoHistoryError: Attio keeps no history of attributes of its type.
        """
        correct = f". Correct {self._named_by}" + (f" ({source})" if self._named_by == SETTING else "")
        if source == FIRST and self._named_by == SETTING:  # nobody need have set it
            correct = (
                f". The setting history says what to track, such as deals.stage, or * for every status; unset it is {FIRST}"
            )
        try:
            attributes = {a.api_slug: a for a in await self.attributes(source.parent, wanted)}
        except UnknownNameError as error:
            message = f"{error}{correct}"
            raise UnknownNameError(message) from None
        attribute = attributes.get(source.attribute)
        if attribute is None:
            kept = sorted(slug for slug, a in attributes.items() if a.type in TYPES and not a.is_archived)
            instead = _instead(near(source.attribute, kept), f"the attributes of {source.parent} are", kept)
            message = f"{source.parent} has no attribute {source.attribute!r}{instead}{correct}"
            raise UnknownNameError(message)
        if attribute.is_archived:  # no listing shows it
            message = f"{source.name} is archived in Attio: restore it there, or take it out of {self._named_by}"
            raise UnknownNameError(message)
        if attribute.type not in TYPES:
            every = await self.attributes(source.parent)  # not only as far as it took to find this one
            statuses = ", ".join(sorted(a.api_slug for a in every if a.type == "status" and not a.is_archived)) or "none"
            message = (
                f"{source.name} is of the type {attribute.type}, of which Attio keeps no history: take it out of "
                f"{self._named_by}. The status attributes of {source.parent} are: {statuses}"
            )
            raise NoHistoryError(message)
        return replace(
            source,
            type=TYPES[attribute.type],
            is_multiple=attribute.is_multiselect,
            attribute_id=attribute.attribute_id,
        )

    async def _statuses(self, found: Found) -> list[Source]:
        """Every status attribute of every object and list; one that cannot be looked up keeps none of the others."""
        statuses: list[Source] = []
        for parent in await self.parents():
            try:
                attributes = await self.attributes(parent)
            except SAME_FOR_ALL:
                raise
            except AttioSyncError as error:
                found.failures[str(parent)] = await self._refusal(error, parent.scopes, str(parent))
            else:
                statuses += [
                    Source(parent, a.api_slug, table_for(parent, a.api_slug), attribute_id=a.attribute_id)
                    for a in attributes
                    if a.type == "status" and not a.is_archived
                ]
        return statuses


def near(name: str, there_are: Sequence[str]) -> list[str]:
    """Names that are like this one, or that hold it."""
    return difflib.get_close_matches(name, there_are) or [one for one in there_are if name in one][:3]


def _instead(near: Sequence[str], they_are: str, there_are: Iterable[str]) -> str:
    """What may have been meant, and what there is."""
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{meant} — {they_are} {', '.join(sorted(there_are)) or 'none'}"
