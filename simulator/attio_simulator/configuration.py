"""Changing what a workspace is made of: members, objects, lists, attributes, statuses and options."""

from __future__ import annotations

from typing import Any

from .schema import Attribute, Collection, Member, Option, Status, View
from .store import Store, locked


class Configuration(Store):
    """A workspace whose furniture can be changed."""

    @locked
    def add_member(
        self, first_name: str, last_name: str, email_address: str, access_level: str = "member", **more: str
    ) -> Member:
        """Add a member to the workspace; `more` are fields of `Member`, for example `avatar_url`."""
        member = Member(self.new_id(), first_name, last_name, email_address, access_level, self.created, **more)
        self.members.append(member)
        return member

    @locked
    def change_member(self, member_id: str, **changes: str) -> None:
        """Change a member; `changes` are fields of `Member`, for example `access_level="suspended"`.

        Raises:
            KeyError: there is no such member.
            AttributeError: a member has no such field.
        """
        member = self._member(member_id)
        for name, value in changes.items():
            setattr(member, name, value)

    @locked
    def remove_member(self, member_id: str) -> None:
        """Remove a member; what it did before still names it.

        Raises:
            KeyError: there is no such member.
        """
        self.members.remove(self._member(member_id))

    def _member(self, member_id: str) -> Member:
        for member in self.members:
            if member.id == member_id:
                return member
        raise KeyError(member_id)

    @locked
    def add_object(self, slug: str, singular: str, plural: str, *, is_standard: bool = False) -> Collection:
        """Add an object with the attributes that every object has."""
        return self._add_collection(slug, singular, plural, is_standard=is_standard)

    @locked
    def add_list(self, slug: str, name: str, parent_object: str, **more: Any) -> Collection:
        """Add a list whose entries are records of one object; `more` are fields of `Collection`, such as who sees it."""
        return self._add_collection(slug, name, name, is_list=True, parent_object=parent_object, **more)

    def _add_collection(self, slug: str, singular: str, plural: str, **more: Any) -> Collection:
        if self.find(slug, is_list=more.get("is_list", False)) is not None:
            message = f"{slug!r} exists"
            raise ValueError(message)
        collection = Collection(id=self.new_id(), slug=slug, singular=singular, plural=plural, created=self.created, **more)
        self.collections[collection.id] = collection
        own = ("entry_id", "Entry ID") if collection.is_list else ("record_id", "Record ID")
        kinds = {"created_at": "timestamp", "created_by": "actor-reference"}
        for name, title in [own, ("created_at", "Created at"), ("created_by", "Created by")]:
            collection.attributes.append(
                Attribute(
                    id=self.new_id(),
                    slug=name,
                    title=title,
                    type=kinds.get(name, "text"),
                    created=self.created,
                    is_system=True,
                    is_writable=False,
                    is_unique=name.endswith("_id"),
                )
            )
        return collection

    @locked
    def add_attribute(
        self,
        collection: Collection,
        slug: str,
        title: str,
        kind: str,
        *,
        at_the_end: bool = False,
        **more: Any,
    ) -> Attribute:
        """Add an attribute: `kind` is one of Attio's attribute types, `more` are fields of `Attribute`.

        It takes its place before `created_at`, as those do that an object or a list has from the start, or at the end,
        as those that are added later.
        """
        index = sum(1 for one in collection.attributes if one.index >= 0)
        attribute = Attribute(
            id=self.new_id(), slug=slug, title=title, type=kind, created=self.created, index=index, **more
        )
        creation = next(i for i, one in enumerate(collection.attributes) if one.slug == "created_at")
        place = len(collection.attributes) if at_the_end else creation
        collection.attributes.insert(place, attribute)
        return attribute

    @locked
    def add_status(self, attribute: Attribute, title: str, **more: Any) -> Status:
        """Add a status to a status attribute; `more` are fields of `Status`."""
        status = Status(self.new_id(), [(self.created, title)], **more)
        attribute.statuses.append(status)
        return status

    @locked
    def add_option(self, attribute: Attribute, title: str, *, is_archived: bool = False) -> Option:
        """Add an option to a select attribute."""
        option = Option(self.new_id(), title, is_archived)
        attribute.options.append(option)
        return option

    @locked
    def add_view(self, collection: Collection, title: str, wanted: dict[str, Any], *, is_archived: bool = False) -> View:
        """Save a view of an object or a list that shows what passes a filter."""
        view = View(self.new_id(), title, wanted, self.clock.nanoseconds(), is_archived)
        collection.views.append(view)
        return view

    @locked
    def rename_status(
        self, title: str, new_title: str, *, collection: str = "applications", attribute: str | None = None
    ) -> None:
        """Give a status another title; what past values show then is open (`Behaviour.past_titles`)."""
        self.rename(self._status(title, collection, attribute), new_title)

    @locked
    def rename(self, choice: Status | Option, title: str) -> None:
        """Give a status or an option another title."""
        if isinstance(choice, Status):
            choice.titles.append((self.clock.nanoseconds(), title))
        else:
            choice.title = title

    @locked
    def archive_status(
        self, title: str, *, collection: str = "applications", attribute: str | None = None, archived: bool = True
    ) -> None:
        """Archive a status, or bring it back: the values that have it keep it."""
        self._status(title, collection, attribute).is_archived = archived

    @locked
    def change_status(
        self,
        title: str,
        /,
        *,
        collection: str = "applications",
        attribute: str | None = None,
        **changes: Any,
    ) -> None:
        """Change what a status has besides its title: `changes` are fields of `Status`, shown with every value at once.

        For example `celebration_enabled=True` or `target_time_in_status="P0Y0M5DT0H0M0S"` (or None).

        Raises:
            AttributeError: a status has no such field.
        """
        status = self._status(title, collection, attribute)
        for name, value in changes.items():
            setattr(status, name, value)

    def _status(self, title: str, slug: str, attribute: str | None) -> Status:
        collection = self.find(slug) or self.list(slug)
        candidates = [one for one in collection.attributes if one.type == "status"]
        for one in candidates:
            if attribute in (None, one.slug, one.id):
                found = one.choice(title)
                if isinstance(found, Status):
                    return found
        raise KeyError(title)
