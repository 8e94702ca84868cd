"""Who moved a record is said in the same words everywhere."""

import pytest

from attio_workbench.actors import actor_text

ID = "b0b8f389-5c1e-4f0e-9d5a-0f4a3c9f5a11"


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        (("workspace-member", ID, "Zoë Ångström"), "Zoë Ångström"),
        (("workspace-member", ID), "member b0b8f389"),
        (("workspace-member", None), "a member"),
        (("app", ID), "app b0b8f389"),
        (("app", None, ""), "an app"),
        (("api-token", ID), "API token b0b8f389"),
        (("api-token", None), "an API token"),
        (("system", None), "Attio itself"),
        (("system", ID), "Attio itself"),
        (("well-meaning-robot", ID), "well meaning robot b0b8f389"),
        ((None, ID), "somebody b0b8f389"),
        ((None, None), "nobody named"),
    ],
)
def test_an_actor_in_words(actor: tuple[str | None, ...], said: str) -> None:
    assert actor_text(*actor) == said
