"""`python -m attio_workbench` is `attio-sync`."""

from attio_workbench.cli import main

main()
