"""The soak: thousands of scheduled runs in a row with faults, kills and outages, each message held against a model."""
