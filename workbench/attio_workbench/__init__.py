"""`attio-sync`: commands for people, around the connector and the simulated Attio."""
