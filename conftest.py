"""What this pytest is made of; nothing else belongs here."""

pytest_plugins = ["fixtures.plugin", "reporters.plugin"]
