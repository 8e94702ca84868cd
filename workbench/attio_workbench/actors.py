"""Pure: who moved a record, in the same words wherever it is said."""

NOBODY = "nobody named"
"""Where Attio does not say who it was."""

MEMBER = "workspace-member"
"""The type of an actor who is a member of the workspace."""

_SYSTEM = "Attio itself"
_KINDS = {MEMBER: "member", "api-token": "API token"}


def actor_text(kind: str | None, actor_id: str | None, name: str | None = None) -> str:
    """The name; else what it is, and as much of its id as tells it apart: `app b0b8f389`, `an app`, `Attio itself`."""
    if name:
        return name
    if kind == "system":
        return _SYSTEM
    if not kind and not actor_id:
        return NOBODY
    words = _KINDS.get(kind or "", (kind or "somebody").replace("-", " "))
    if actor_id:
        return f"{words} {actor_id[:8]}"
    return f"{'an' if words[0] in 'aeioAEIO' else 'a'} {words}"
