"""The demo's private certificate authority and the certificates that it, or a stranger, signs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


def make(folder: Path) -> None:
    """A new authority (ca.pem, ca.key) and a good certificate (site.pem)."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.private_key_pem.write_to_path(folder / "ca.key")
    issue(folder)


def issue(folder: Path, *, days: float = 90, life: float = 91, stranger: bool = False) -> None:
    """A certificate for localhost that ends in so many days, of our authority or of a stranger's.

    It is good for `life` days as a whole, the most of which may be over.
    """
    pem = ((folder / "ca.pem").read_bytes(), (folder / "ca.key").read_bytes())
    authority = trustme.CA() if stranger else trustme.CA.from_pem(*pem)
    ends = datetime.now(UTC) + timedelta(days=days)
    starts = ends - timedelta(days=life)
    certificate = authority.issue_cert("localhost", "127.0.0.1", not_before=starts, not_after=ends)
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "site.pem")
