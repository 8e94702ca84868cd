"""The furniture of a workspace for hiring: which objects, attributes, statuses, list and members it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .configuration import Configuration

RECRUITERS = 6

# Title, archived, celebrated, how long an application should stay in it.
STATUSES = (
    ("Applied", False, False, "P0Y0M3DT0H0M0S"),
    ("Screening", False, False, "P0Y0M5DT0H0M0S"),
    ("Phone screen", True, False, None),
    ("Interview", False, False, "P0Y0M10DT0H0M0S"),
    ("Take-home task", False, False, "P0Y0M7DT0H0M0S"),
    ("Offer", False, False, "P0Y0M4DT0H0M0S"),
    ("Hired", False, True, None),
    ("Rejected", False, False, None),
    ("Withdrawn", False, False, None),
)
STAGES = (
    ("To contact", False, False, None),
    ("In conversation", False, False, "P0Y0M7DT0H0M0S"),
    ("Referred", False, True, None),
    ("Dormant", True, False, None),
)
SOURCES = ("Job board", "Referral", "Careers page", "Sourced", "Agency")
LIST_SLUG = "talent_pool"


def furnish(workspace: Configuration, *, object_slug: str, attribute_slug: str) -> None:
    """Fill an empty workspace with everything but records."""
    workspace.add_member("Hiring", "Lead", "hiring.lead@example.com", "admin")
    for number in range(1, RECRUITERS + 1):
        level = "suspended" if number == RECRUITERS else "member"
        workspace.add_member("Recruiter", str(number), f"recruiter.{number}@example.com", level)
    _people(workspace)
    _companies(workspace)
    jobs = workspace.add_object("jobs", "Job", "Jobs")
    workspace.add_attribute(jobs, "title", "Title", "text", is_required=True)
    workspace.add_attribute(jobs, "is_open", "Open", "checkbox")
    workspace.add_attribute(jobs, "budget", "Budget", "currency", default_currency="EUR")
    workspace.add_attribute(jobs, "opened_on", "Opened on", "date")
    workspace.add_attribute(jobs, "positions", "Positions", "number")

    applications = workspace.add_object(object_slug, "Application", "Applications")
    workspace.add_attribute(applications, "name", "Name", "text")
    workflow = workspace.add_attribute(applications, attribute_slug, "Workflow status", "status")
    for title, archived, celebrated, target in STATUSES:
        workspace.add_status(
            workflow, title, is_archived=archived, celebration_enabled=celebrated, target_time_in_status=target
        )
    workspace.add_attribute(applications, "job", "Job", "record-reference", targets=("jobs",))
    source = workspace.add_attribute(applications, "source", "Source", "select")
    for title in SOURCES:
        workspace.add_option(source, title, is_archived=title == "Agency")
    workspace.add_attribute(applications, "recruiter", "Recruiter", "actor-reference")
    workspace.add_attribute(applications, "score", "Score", "rating")
    workspace.add_attribute(applications, "notes", "Notes", "text")

    pool = workspace.add_list(LIST_SLUG, "Talent pool", object_slug)
    stage = workspace.add_attribute(pool, "stage", "Stage", "status")
    for title, archived, celebrated, target in STAGES:
        workspace.add_status(
            stage, title, is_archived=archived, celebration_enabled=celebrated, target_time_in_status=target
        )
    workspace.add_attribute(pool, "owner", "Owner", "actor-reference")
    workspace.add_attribute(pool, "next_contact", "Next contact", "timestamp")


def _people(workspace: Configuration) -> None:
    people = workspace.add_object("people", "Person", "People", is_standard=True)
    workspace.add_attribute(people, "name", "Name", "personal-name")
    workspace.add_attribute(
        people, "email_addresses", "Email addresses", "email-address", is_multiselect=True, is_unique=True
    )
    workspace.add_attribute(
        people, "description", "Description", "text", is_writable=False, is_system=True, keeps_history=False
    )
    workspace.add_attribute(people, "company", "Company", "record-reference", targets=("companies",))
    workspace.add_attribute(people, "phone_numbers", "Phone numbers", "phone-number", is_multiselect=True)
    workspace.add_attribute(people, "primary_location", "Primary location", "location")
    for slug, title in (
        ("first_email_interaction", "First email interaction"),
        ("last_email_interaction", "Last email interaction"),
    ):
        workspace.add_attribute(people, slug, title, "interaction", is_writable=False, is_system=True, keeps_history=False)
    strength = workspace.add_attribute(
        people,
        "strongest_connection_strength",
        "Strongest connection strength",
        "select",
        is_writable=False,
        is_system=True,
        keeps_history=False,
        is_billed=False,
    )
    for title in ("Very weak", "Weak", "Good", "Strong", "Very strong"):
        workspace.add_option(strength, title)


def _companies(workspace: Configuration) -> None:
    companies = workspace.add_object("companies", "Company", "Companies", is_standard=True)
    workspace.add_attribute(companies, "name", "Name", "text")
    workspace.add_attribute(companies, "domains", "Domains", "domain", is_multiselect=True, is_unique=True)
    categories = workspace.add_attribute(
        companies,
        "categories",
        "Categories",
        "select",
        is_multiselect=True,
        is_writable=False,
        is_system=True,
        keeps_history=False,
    )
    for title in ("Software", "Logistics", "Health"):
        workspace.add_option(categories, title)
