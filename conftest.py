"""What this pytest is made of; nothing else belongs here."""

pytest_plugins = [
    "fixtures.session",
    "fixtures.judging",
    "fixtures.straight",
    "fixtures.discretion",
    "fixtures.waiting",
    "fixtures.watching",
    "reporters.plugin",
    "reporters.commands",
]
