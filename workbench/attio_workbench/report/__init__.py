"""`attio-sync report`: the models of the dbt package as one HTML file that needs no network."""
