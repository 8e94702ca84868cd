"""What a command says instead of doing its work."""


class WorkbenchError(Exception):
    """A sentence for the person at the terminal: what is wrong and what to do."""
