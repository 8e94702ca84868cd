"""Run the simulator as a command."""

from .server import main

main()
