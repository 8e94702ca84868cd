"""The furniture of a whole workspace: Attio's standard objects, one of its own, three lists, and members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .schema import Default

if TYPE_CHECKING:
    from .configuration import Configuration
    from .schema import Collection

SELLERS = 7

TRACKED = (
    "deals.stage",
    "deals.value",
    "deals.owner",
    "deals.close_date",
    "deals.products",
    "deals.confidence",
    "people.name",
    "people.email_addresses",
    "people.company",
    "people.job_title",
    "people.phone_numbers",
    "people.primary_location",
    "people.lead_source",
    "companies.domains",
    "companies.team",
    "companies.headcount",
    "companies.is_customer",
    "users.last_seen",
    "workspaces.plan",
    "projects.phase",
    "lists/sales.stage",
    "lists/sales.priority",
    "lists/hiring.stage",
    "lists/hiring.channels",
    "lists/onboarding.phase",
    "lists/onboarding.due_at",
)
"""Attributes of every type that keeps a history, some with several values at a time."""


class Declared(NamedTuple):
    """An attribute as it is declared here; `choices` are its statuses or options, `more` fields of `Attribute`."""

    slug: str
    kind: str
    more: dict[str, Any]
    choices: tuple[str, ...] = ()


def _attribute(slug: str, kind: str, *choices: str, **more: Any) -> Declared:
    return Declared(slug, kind, more, choices)


def _refers(slug: str, target: str, inverse: str, *, several: bool = False) -> Declared:
    more = {"targets": (target,), "relationship": (target, inverse), "is_multiselect": several}
    return Declared(slug, "record-reference", more)


# What Attio finds out by itself: nobody writes it, and it keeps no history.
_FOUND: dict[str, Any] = {"is_writable": False, "keeps_history": False}
_SOCIAL = tuple(
    _attribute(slug, "text", **_FOUND) for slug in ("angellist", "facebook", "instagram", "linkedin", "twitter")
)
_INTERACTIONS = tuple(
    _attribute(f"{when}_interaction", "interaction", **_FOUND)
    for when in ("first_calendar", "last_calendar", "next_calendar", "first_email", "last_email", "first", "last", "next")
)
_STRENGTHS = ("Very weak", "Weak", "Good", "Strong", "Very strong")
_CONNECTION = (
    _attribute("strongest_connection_strength", "select", *_STRENGTHS, **_FOUND, is_billed=False),
    _attribute("strongest_connection_user", "actor-reference", **_FOUND),
)

# By object: the attributes it has in every workspace, and those that this one has added.
STANDARD: dict[str, tuple[Declared, ...]] = {
    "people": (
        _attribute("name", "personal-name"),
        _attribute("email_addresses", "email-address", is_multiselect=True, is_unique=True),
        _attribute("description", "text", **_FOUND),
        _refers("company", "companies", "team"),
        _attribute("job_title", "text"),
        _attribute("avatar_url", "text", **_FOUND),
        _attribute("phone_numbers", "phone-number", is_multiselect=True),
        _attribute("primary_location", "location"),
        *_SOCIAL,
        _attribute("twitter_follower_count", "number", **_FOUND),
        *_INTERACTIONS,
        *_CONNECTION,
        _refers("associated_deals", "deals", "associated_people", several=True),
        _refers("associated_users", "users", "person", several=True),
    ),
    "companies": (
        _attribute("domains", "domain", is_multiselect=True, is_unique=True),
        _attribute("name", "text"),
        _attribute("description", "text", **_FOUND),
        _refers("team", "people", "company", several=True),
        _attribute("categories", "select", "Software", "Logistics", "Health", is_multiselect=True, **_FOUND),
        _attribute("primary_location", "location"),
        _attribute("logo_url", "text", **_FOUND),
        *_SOCIAL,
        _attribute("estimated_arr_usd", "select", "Less than $1M", "$1M-$10M", "More than $10M", **_FOUND, is_billed=False),
        _attribute("funding_raised_usd", "currency", default_currency="USD", **_FOUND),
        _attribute("foundation_date", "date", **_FOUND),
        _attribute("employee_range", "select", "1-10", "11-50", "51-250", "251-1K", **_FOUND),
        *_INTERACTIONS,
        *_CONNECTION,
        _refers("associated_deals", "deals", "associated_company", several=True),
        _refers("associated_workspaces", "workspaces", "company", several=True),
    ),
    "deals": (
        _attribute("name", "text"),
        _attribute("stage", "status", "Lead", "In progress", "Won 🎉", "Lost"),
        _attribute("owner", "actor-reference", default=Default("dynamic", "current-user")),
        _attribute("value", "currency", default_currency="USD"),
        _refers("associated_people", "people", "associated_deals", several=True),
        _refers("associated_company", "companies", "associated_deals"),
    ),
    "users": (
        _refers("person", "people", "associated_users"),
        _attribute("primary_email_address", "email-address", is_unique=True),
        _attribute("user_id", "text", is_unique=True),
        _refers("workspace", "workspaces", "users", several=True),
    ),
    "workspaces": (
        _attribute("workspace_id", "text", is_unique=True),
        _attribute("name", "text"),
        _refers("users", "users", "workspace", several=True),
        _refers("company", "companies", "associated_workspaces"),
        _attribute("avatar_url", "text"),
    ),
}
OWN: dict[str, tuple[Declared, ...]] = {
    "people": (
        _attribute("lead_source", "select", "Fair", "Referral", "Website", "Cold call", description="Where we first met."),
        _attribute("newsletter", "checkbox", default=Default("static", (False,))),
    ),
    "companies": (
        _attribute("headcount", "number", description="As they told us; the range is what Attio found out."),
        _attribute("is_customer", "checkbox"),
        _attribute("account_owner", "actor-reference"),
    ),
    "deals": (
        _attribute("close_date", "date", default=Default("dynamic", 90)),
        _attribute("products", "select", "Starter", "Team", "Enterprise", "Support", "Training", is_multiselect=True),
        _attribute("confidence", "rating", description="How likely the owner thinks it is."),
        _attribute("lost_because", "text", is_archived=True),
    ),
    "users": (_attribute("last_seen", "timestamp"),),
    "workspaces": (_attribute("plan", "select", "Free", "Pro", "Enterprise"), _attribute("seats", "number")),
    "projects": (
        _attribute("name", "text", description="What the customer calls it."),
        _attribute("phase", "status", "Planned", "Running", "Paused", "Done"),
        _attribute("budget", "currency", default_currency="EUR"),
        _attribute("site", "location"),
        _attribute("customer", "record-reference", targets=("companies",)),
        _attribute("starts_at", "timestamp"),
    ),
}
LISTS: dict[str, tuple[str, str, tuple[Declared, ...]]] = {
    "sales": (
        "Sales",
        "companies",
        (
            _attribute("stage", "status", "Prospecting", "Qualified", "Negotiation", "Closed"),
            _attribute("priority", "select", "Low", "Medium", "High"),
            _attribute("owner", "actor-reference"),
            _attribute("estimated_contract_value", "currency", default_currency="USD"),
            _attribute("next_step", "text"),
        ),
    ),
    "hiring": (
        "Hiring",
        "people",
        (
            _attribute("stage", "status", "Applied", "Interview", "Offer", "Hired", "Rejected"),
            _attribute("channels", "select", "Email", "Phone", "Video", "On site", is_multiselect=True),
            _attribute("score", "rating"),
            _attribute("interview_at", "timestamp"),
        ),
    ),
    "onboarding": (
        "Onboarding",
        "deals",
        (
            _attribute("phase", "status", "Kick-off", "Set-up", "Training", "Live"),
            _attribute("contact", "record-reference", targets=("people",)),
            _attribute("due_at", "timestamp"),
            _attribute("is_blocked", "checkbox"),
        ),
    ),
}
NOUNS = {
    "people": ("Person", "People"),
    "companies": ("Company", "Companies"),
    "deals": ("Deal", "Deals"),
    "users": ("User", "Users"),
    "workspaces": ("Workspace", "Workspaces"),
    "projects": ("Project", "Projects"),
}


def furnish_crm(workspace: Configuration) -> None:
    """Fill an empty workspace with everything but records."""
    lead = workspace.add_member("Sales", "Lead", "sales.lead@example.com", "admin", avatar_url=_avatar(0))
    for number in range(1, SELLERS + 1):
        level = "suspended" if number == SELLERS else "member"
        workspace.add_member("Seller", str(number), f"seller.{number}@example.com", level, avatar_url=_avatar(number))
    for slug, (singular, plural) in NOUNS.items():
        collection = workspace.add_object(slug, singular, plural, is_standard=slug in STANDARD)
        for one in STANDARD.get(slug, ()):
            add_declared(workspace, collection, one, is_system=True)
        for one in OWN[slug]:
            add_declared(workspace, collection, one, at_the_end=True)
    for slug, (name, parent, attributes) in LISTS.items():
        # One list is private: only its members' tokens, and those of the workspace, see it.
        access = {"workspace_access": None, "member_access": {lead.id: "full-access"}} if slug == "onboarding" else {}
        collection = workspace.add_list(slug, name, parent, **access)
        for one in attributes:
            add_declared(workspace, collection, one, at_the_end=True)
    workspace.add_view(workspace.object("deals"), "Won", {"stage": "Won 🎉"})
    workspace.add_view(workspace.list("sales"), "Urgent", {"priority": "High"})


def _avatar(number: int) -> str:
    return f"https://avatars.example.com/{number}.png"


def add_declared(workspace: Configuration, collection: Collection, one: Declared, **more: Any) -> None:
    """Add an attribute with its statuses or options; `more` are further fields of `Attribute`."""
    title = one.slug.replace("_", " ").capitalize()
    attribute = workspace.add_attribute(collection, one.slug, title, one.kind, **one.more, **more)
    for choice in one.choices:
        if one.kind == "status":
            target = "P0Y0M7DT0H0M0S" if choice == one.choices[0] else None
            workspace.add_status(attribute, choice, celebration_enabled="Won" in choice, target_time_in_status=target)
        else:
            workspace.add_option(attribute, choice)
