"""Scheme v1: a PKCS #7 container under ``META-INF``. Source: RFC 2315; the JAR File Specification."""

from __future__ import annotations

import re

from audit.endpoints.chunks import Damage
from audit.endpoints.signing.certificate import Certificate, from_node
from audit.endpoints.signing.der import CONTEXT_0, SEQUENCE, SET, Node, parse
from audit.model.code import Signer

BLOCK_NAME = re.compile(r"META-INF/[^/]+\.(?:RSA|DSA|EC)", re.IGNORECASE)
MOST_BLOCKS = 10
MOST_BYTES = 1 << 20


def read_block(data: bytes) -> list[Signer]:
    """Give those who signed a JAR, of the content of one ``META-INF/*.RSA``. Raises `Damage`.

    Of the certificates in it, that of the signer counts; where none fits, all are given.
    """
    signed = parse(data).child(1, CONTEXT_0).child(0, SEQUENCE)
    parts = signed.children()
    held = next((part for part in parts if part.tag == CONTEXT_0), None)
    certificates = [from_node(node) for node in held.children() if node.tag == SEQUENCE] if held else []
    infos = parts[-1].children() if parts[-1].tag == SET else []
    wanted = {_issuer_and_serial(info) for info in infos}
    chosen = [c for c in certificates if (c.issuer, c.serial) in wanted] or certificates
    if not chosen:
        raise Damage("signature without a certificate", signed.start)
    return [certificate.signer(1) for certificate in chosen]


def _issuer_and_serial(info: Node) -> tuple[bytes, bytes]:
    named = info.child(1, SEQUENCE)
    return named.child(0).raw, named.child(1).raw


__all__ = ["BLOCK_NAME", "MOST_BLOCKS", "MOST_BYTES", "Certificate", "read_block"]
