"""Reads the history of an Attio workspace and delivers it through Fivetran. See ARCHITECTURE.md for the way of a record."""
