"""A certificate authority of the tests' own: certificates of any life, and as older tools made them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LONG = (-400.0, 4000.0)
"""Days from now: when an authority begins and ends."""


class Authority:
    """One that signs; `above` is the one that signed it."""

    def __init__(
        self,
        name: str,
        good: tuple[float, float] = LONG,
        above: Authority | None = None,
        *,
        old: bool = False,
    ) -> None:
        self.key, self.name, self.old, self.above = ec.generate_private_key(ec.SECP256R1()), name, old, above
        self.certificate = (above or self).sign(name, self.key.public_key(), good, authority=True)

    def sign(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        good: tuple[float, float],
        *,
        authority: bool = False,
    ) -> x509.Certificate:
        """With the identifiers of keys as today, or without, as easy-rsa and openssl did for long."""
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self.name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=good[0]))
            .not_valid_after(now + timedelta(days=good[1]))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        if not self.old:
            own = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
            made = made.add_extension(own, critical=False)
            made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            if authority:
                made = made.add_extension(_SIGNS, critical=True)
        return made.sign(self.key, hashes.SHA256())

    def issue(self, path: Path, good: tuple[float, float], name: str = "localhost") -> Path:
        """A server's key and certificate with its chain, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        text += self.sign(name, key.public_key(), good).public_bytes(Encoding.PEM)
        one: Authority = self
        while one.above:
            text += one.certificate.public_bytes(Encoding.PEM)
            one = one.above
        path.write_bytes(text)
        return path

    def write(self, path: Path) -> Path:
        """What is to be trusted."""
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path


_SIGNS = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
