"""Write the dashboards: `python -m pushgateway.dashboards`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from fixtures.catalogue import declared, group
from pushgateway.dashboards import checks, frame, overview, runs

FOLDER = Path(__file__).parents[1] / "grafana" / "dashboards"


def dashboards(pages: str = frame.PAGES) -> list[Dashboard]:
    """All of them; groups that have no dashboard of their own yet get one."""
    rest = sorted({group(name) for name in declared()} - set(checks.MONEY))
    return [
        overview.overview(pages),
        overview.one(pages),
        checks.money(pages),
        checks.capacity(pages),
        runs.dashboard(pages),
        *(checks.of_group(name, pages) for name in rest),
    ]


def render(pages: str = frame.PAGES) -> dict[str, str]:
    """File name -> content."""
    return {
        f"{one.uid}.json": json.dumps(one, cls=JSONEncoder, indent=1, sort_keys=True) + "\n"
        for one in dashboards(pages)
    }


def main() -> None:
    """Write them, and take away those of groups that are gone."""
    parser = argparse.ArgumentParser(prog="python -m pushgateway.dashboards", description=main.__doc__)
    parser.add_argument("--runbook", default=frame.PAGES, metavar="URL", help="where the runbook's pages are")
    files = render(parser.parse_args().runbook.rstrip("/"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{FOLDER.name}: {len(files)} dashboards of {len(declared())} checks\n")


if __name__ == "__main__":
    main()
