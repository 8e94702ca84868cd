"""The values of attributes, a model for each type that keeps a history.

Unknown extra fields are kept and unknown enum members accepted: Attio may add both at any time. A field that is missing
or has another type makes the record invalid. https://docs.attio.com/docs/attribute-types
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from attio_sync.attio_types.timestamps import AttioDate, AttioTimestamp


class AttioModel(BaseModel):
    """What Attio answers, with whatever it adds."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class Actor(AttioModel):
    """Who set a value: a workspace member, an API token, an app or the system itself. Both can be null."""

    type: str | None
    id: str | None


class AttioValue(AttioModel):
    """What all values have. `active_until` is null while the value is there.

    Both timestamps are UTC with up to nine fractional digits.
    """

    active_from: AttioTimestamp
    active_until: AttioTimestamp | None
    created_by_actor: Actor


class StatusId(AttioModel):
    """Where a status belongs. On a list's attribute, `object_id` holds the list's id."""

    workspace_id: str
    object_id: str
    attribute_id: str
    status_id: str


class Status(AttioModel):
    """One step of a pipeline. Its title can be changed, its id cannot."""

    id: StatusId
    title: str
    is_archived: bool
    target_time_in_status: str | None = None
    """ISO 8601 duration."""


class StatusValue(AttioValue):
    """One stay of a record in one status. https://docs.attio.com/docs/attribute-types/attribute-types-status."""

    status: Status
    attribute_type: Literal["status"]


AttioApplicationWorkflowStatusAttribute = StatusValue
"""The value that was the first to be tracked."""


class OptionId(AttioModel):
    """Which option of a select it is."""

    option_id: str


class Option(AttioModel):
    """One choice of a select. Its title can be changed, its id cannot."""

    id: OptionId
    title: str
    is_archived: bool


class SelectValue(AttioValue):
    """One choice. https://docs.attio.com/docs/attribute-types/attribute-types-select."""

    option: Option
    attribute_type: Literal["select"]


class ActorReferenceValue(AttioValue):
    """Whoever is referred to, such as an owner."""

    referenced_actor_type: str | None
    referenced_actor_id: str | None
    attribute_type: Literal["actor-reference"]


class RecordReferenceValue(AttioValue):
    """A record that is referred to."""

    target_object: str
    target_record_id: str
    attribute_type: Literal["record-reference"]


class TextValue(AttioValue):
    """A text."""

    value: str
    attribute_type: Literal["text"]


class NumberValue(AttioValue):
    """A number."""

    value: float
    attribute_type: Literal["number"]


class RatingValue(AttioValue):
    """A number of stars."""

    value: float
    attribute_type: Literal["rating"]


class CheckboxValue(AttioValue):
    """Yes or no."""

    value: bool
    attribute_type: Literal["checkbox"]


class DateValue(AttioValue):
    """A day, `2026-05-15`."""

    value: AttioDate
    attribute_type: Literal["date"]


class TimestampValue(AttioValue):
    """A moment."""

    value: AttioTimestamp
    attribute_type: Literal["timestamp"]


class CurrencyValue(AttioValue):
    """An amount of money, with at most four decimal places."""

    currency_value: Annotated[float, Field(gt=-1e15, lt=1e15)]
    currency_code: str | None = None
    attribute_type: Literal["currency"]


class LocationValue(AttioValue):
    """An address, every part of which can be null."""

    line_1: str | None
    line_2: str | None
    line_3: str | None
    line_4: str | None
    locality: str | None
    region: str | None
    postcode: str | None
    country_code: str | None
    latitude: str | None
    longitude: str | None
    attribute_type: Literal["location"]


class DomainValue(AttioValue):
    """An internet domain."""

    domain: str
    root_domain: str | None
    attribute_type: Literal["domain"]


class EmailAddressValue(AttioValue):
    """An e-mail address."""

    original_email_address: str
    email_address: str
    email_domain: str | None
    email_root_domain: str | None
    email_local_specifier: str | None
    attribute_type: Literal["email-address"]


class PhoneNumberValue(AttioValue):
    """A phone number."""

    original_phone_number: str
    country_code: str | None
    phone_number: str
    attribute_type: Literal["phone-number"]


class PersonalNameValue(AttioValue):
    """A person's name."""

    first_name: str | None
    last_name: str | None
    full_name: str | None
    attribute_type: Literal["personal-name"]
