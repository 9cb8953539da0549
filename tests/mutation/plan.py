"""Which tests meet the mutants of which module: those that look at it and take seconds."""

FIXTURES, REPORTERS = "tests/fixtures/test_", "tests/reporters/test_"

PLAN = {
    "fixtures/declaration.py": (f"{FIXTURES}declaration.py",),
    "fixtures/judging.py": (f"{FIXTURES}judging.py", f"{FIXTURES}site.py", f"{FIXTURES}session.py"),
    "fixtures/observe.py": (f"{FIXTURES}observe.py",),
    "fixtures/straight.py": (f"{FIXTURES}straight.py",),
    "fixtures/collecting.py": (f"{FIXTURES}collecting.py", f"{FIXTURES}session.py"),
    "reporters/run.py": (f"{REPORTERS}run.py",),
    "reporters/alerts.py": (f"{REPORTERS}alerts.py", f"{REPORTERS}events.py"),
    "reporters/routing.py": (f"{REPORTERS}alerts.py",),
    "reporters/notice.py": (f"{REPORTERS}notice.py", f"{REPORTERS}slack.py"),
    "reporters/quiet.py": (f"{REPORTERS}quiet.py", f"{REPORTERS}alerts.py"),
    "reporters/outbox.py": (f"{REPORTERS}outbox.py", f"{REPORTERS}alerts.py"),
    "reporters/health.py": (f"{REPORTERS}render.py",),
    "reporters/metrics.py": (f"{REPORTERS}render.py",),
    "reporters/slack_blocks.py": (f"{REPORTERS}slack.py", f"{REPORTERS}slack_blocks.py"),
    "reporters/events.py": (f"{REPORTERS}events.py",),
    "reporters/webhook.py": (f"{REPORTERS}webhook.py",),
}
