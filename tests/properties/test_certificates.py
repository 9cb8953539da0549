"""Bytes that are a certificate no more, by a cut or by a few of them changed, have one outcome of our own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509 as making
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from fixtures.probes.certificate import judged
from fixtures.probes.x509 import NoCertificate, life, public_key

BYTES = (0x00, 0x01, 0x17, 0x18, 0x30, 0x7F, 0x80, 0x81, 0x84, 0xA0, 0xFF)
"""What means most to a reader: tags, and lengths in their short, long and open forms."""


def made(kind: str) -> bytes:
    key = {
        "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
    }[kind]()
    now, name = datetime.now(UTC), making.Name([making.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = making.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(making.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=20_000))
    return builder.sign(key, None if kind == "ed25519" else hashes.SHA256()).public_bytes(Encoding.DER)


KINDS = ("ecdsa", "rsa", "ed25519")
REAL = {kind: made(kind) for kind in KINDS}


def told(certificate: bytes) -> int:
    """How many of its two readings are told; whatever else is raised fails the test."""
    good = 0
    try:
        judged([life(certificate)], {})
        good += 1
    except NoCertificate:
        pass
    try:
        assert len(public_key(certificate)) <= len(certificate)
        good += 1
    except NoCertificate:
        pass
    return good


@pytest.mark.parametrize("kind", KINDS)
def test_cut_anywhere(kind):
    whole = REAL[kind]
    assert told(whole) == 2
    for cut in range(len(whole)):
        assert told(whole[:cut]) == 0  # a part has not the length that it begins with
        told(whole[cut:])


@pytest.mark.parametrize("kind", KINDS)
def test_each_byte_changed(kind):
    for at, there in enumerate(REAL[kind]):
        for byte in (*BYTES, there ^ 1, there ^ 0x80):
            changed = bytearray(REAL[kind])
            changed[at] = byte
            told(bytes(changed))


@given(st.sampled_from(KINDS), st.lists(st.tuples(st.integers(0, 399), st.integers(0, 255)), max_size=8))
def test_several_bytes_changed(kind, changes):
    changed = bytearray(REAL[kind])
    for at, byte in changes:
        changed[at % len(changed)] = byte
    told(bytes(changed))


@given(st.binary(max_size=80))
def test_anything_at_all(found):
    told(found)
