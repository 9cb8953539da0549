"""Grafana's dashboards, made from the checks: `python -m pushgateway.dashboards` (`make generate`).

Every check has a panel because the panels are made from the checks. Names of metrics come from
`reporters.metrics` alone.
"""
