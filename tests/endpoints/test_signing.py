from __future__ import annotations

import contextlib
import hashlib
import io
import struct
import zipfile

import pytest
from cryptography.x509 import Name
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from audit.endpoints.archive import answer
from audit.endpoints.chunks import Damage
from audit.endpoints.signing import Signing, ask_signers, signers_of_tail
from audit.endpoints.signing.certificate import read_certificate
from audit.endpoints.signing.der import CONTEXT_0, INTEGER, OBJECT, SEQUENCE, SET
from audit.endpoints.signing.jar import read_block
from audit.endpoints.signing.known import WELL_KNOWN
from tests.build.apk import make_apk
from tests.build.signing import V2, V3, make_key, sign, signing_block

APK = make_apk("com.example", sign=(), min_sdk=18)


def read(apk: bytes) -> Signing:
    """Tell who signed *apk*."""
    return signers_of_tail(lambda offset, length: apk[offset : offset + length], len(apk))


@pytest.mark.parametrize("schemes", [(1,), (2,), (3,), (1, 2), (2, 3), (1, 2, 3), (2, 3, 31)])
@pytest.mark.parametrize("elliptic", [False, True])
def test_every_scheme_names_its_signer(schemes: tuple[int, ...], *, elliptic: bool) -> None:
    """Each scheme gives one signer with the digest and subject of its certificate."""
    key = make_key(elliptic=elliptic)
    signing = read(sign(APK, schemes=schemes, key=key))
    assert [signer.scheme for signer in signing.signers] == list(schemes)
    assert {signer.sha256 for signer in signing.signers} == {key.sha256}
    assert {signer.subject for signer in signing.signers} == {r"CN=adb-audit test,O=Tests\, Inc.,C=US"}
    assert {s.scheme: s.min_sdk for s in signing.signers if s.min_sdk} == {
        scheme: {3: 28, 31: 33}[scheme] for scheme in schemes if scheme > 2
    }
    assert not signing.troubles


def test_a_rotated_key_is_told_beside_the_old_one() -> None:
    """The v3.1 block may name another signer, from the API level it states."""
    old, new = make_key("old"), make_key("new")
    signing = read(sign(APK, schemes=(2, 3, 31), key=old, rotated=new))
    assert [(s.scheme, s.sha256 == new.sha256) for s in signing.signers] == [
        (2, False),
        (3, False),
        (31, True),
    ]


def test_an_unsigned_apk_has_no_signer_and_no_trouble() -> None:
    """Nothing is made up."""
    assert read(APK) == Signing()


def test_the_signers_certificate_counts_among_others_in_the_container() -> None:
    """Of the certificates in a v1 container that of the signer is told, not those it came with."""
    signed = sign(APK, schemes=(1,), key=make_key("the signer"))
    with zipfile.ZipFile(io.BytesIO(signed)) as archive:
        container = archive.read("META-INF/CERT.RSA")
    key, other = make_key("the signer").der, make_key("somebody else").der
    both = _with_certificates(container, key, other + key)
    (signer,) = _read_block(both)
    assert signer == make_key("the signer").sha256


def _with_certificates(container: bytes, key: bytes, certificates: bytes) -> bytes:
    """Put *certificates* where *key* is, and mend the lengths around them (all of two bytes)."""
    at, grown = container.index(key), len(certificates) - len(key)
    out = bytearray(container[:at] + certificates + container[at + len(key) :])
    for head in [i for i in range(at - 3) if container[i + 1] == 0x82 and _spans(container, i, at, len(key))]:
        size = struct.unpack_from(">H", container, head + 2)[0]
        struct.pack_into(">H", out, head + 2, size + grown)
    return bytes(out)


def _spans(container: bytes, head: int, at: int, length: int) -> bool:
    end = head + 4 + int(struct.unpack_from(">H", container, head + 2)[0])
    return container[head] in {0x30, 0xA0} and at + length <= end <= len(container)


def _read_block(container: bytes) -> list[str]:
    from audit.endpoints.signing.jar import read_block  # noqa: PLC0415 - the other tests look from outside

    return [signer.sha256 for signer in read_block(container)]


def test_only_the_tail_of_a_large_file_is_asked_for() -> None:
    """Of an APK of megabytes only its end is read, in few questions."""
    large = make_apk(
        "com.example", files={"assets/noise": hashlib.shake_256(b"x").digest(3 << 20)}, sign=(2, 3)
    )
    asked = []

    def read_at(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return large[offset : offset + length]

    assert len(signers_of_tail(read_at, len(large)).signers) == 2
    assert min(offset for offset, _ in asked) > len(large) - 100_000
    assert len(asked) == 1


def test_a_generator_can_be_driven_from_anywhere() -> None:
    """The same answer comes from whoever answers the questions."""
    signed = sign(APK, schemes=(1, 2, 3))
    asking = ask_signers(len(signed))
    assert answer(asking, lambda offset, length: signed[offset : offset + length]) == read(signed)


def test_a_block_larger_than_the_first_guess_is_asked_for_whole() -> None:
    """Padding as the Play store adds it does not hide a signature."""
    signed = sign(APK, schemes=(2,))
    start = struct.unpack_from("<I", signed, len(signed) - 6)[0]
    size = struct.unpack_from("<Q", signed, start - 24)[0]
    pairs = signed[start - size : start - 24]
    v2 = pairs[12 : 8 + struct.unpack_from("<Q", pairs)[0]]
    block = signing_block([(0x42726577, bytes(90_000)), (V2, v2)])
    before = signed[: start - size - 8]
    padded = before + block + signed[start:-6] + struct.pack("<IH", len(before) + len(block), 0)
    (signer,) = read(padded).signers
    assert signer.sha256 == make_key().sha256


def test_two_sizes_of_one_block_are_told() -> None:
    """A block whose ends disagree is not read."""
    signed = bytearray(sign(APK, schemes=(2,)))
    start = struct.unpack_from("<I", signed, len(signed) - 6)[0]
    size = struct.unpack_from("<Q", signed, start - 24)[0]
    signed[start - size - 8] ^= 1
    signing = read(bytes(signed))
    assert signing.signers == ()
    assert signing.troubles[0].reason == "signing block states two sizes"
    assert signing.troubles[0].offset == start - size - 8


def test_nonsense_within_a_block_is_told_with_its_scheme() -> None:
    """A signature whose lengths lead nowhere names scheme and place, and hides no other."""
    end = len(APK) - 22
    start = struct.unpack_from("<I", APK, end + 16)[0]
    block = signing_block([(V3, b"\xff" * 40), (V2, b"")])
    spoilt = APK[:start] + block + APK[start : end + 16] + struct.pack("<IH", start + len(block), 0)
    reasons = [trouble.reason for trouble in read(spoilt).troubles]
    assert reasons[0].startswith("signature of scheme 3: claims 4294967295 bytes")
    assert reasons[1].startswith("signature of scheme 2: claims 0 bytes")


def test_subjects_are_written_as_rfc_4514_says() -> None:
    """Order, escapes and names agree with the cryptography package; a mail address has a name of its own."""
    parts = (
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.LOCALITY_NAME, "上海"),
        (NameOID.ORGANIZATION_NAME, ' #1 "A+B" <c>;\\ '),
        (NameOID.EMAIL_ADDRESS, "android@android.com"),
        (NameOID.TITLE, "boss"),
    )
    key = make_key("x", subject=parts)
    name: Name = key.certificate.subject
    expected = name.rfc4514_string({NameOID.EMAIL_ADDRESS: "emailAddress"})
    assert read_certificate(key.der).subject == expected


def test_keys_everybody_has_are_digests() -> None:
    """Each well-known key is a SHA-256 in lower case with a name that says whose it is."""
    assert all(len(bytes.fromhex(digest)) == 32 and digest.islower() for digest in WELL_KNOWN)
    assert all(name.startswith("AOSP ") for name in WELL_KNOWN.values())
    assert len(set(WELL_KNOWN.values())) == len(WELL_KNOWN)


SIGNED = sign(make_apk("com.example", min_sdk=18), schemes=(1, 2, 3))
CERTIFICATE = make_key().der


@given(st.data())
def test_damaged_signatures_never_raise(data: st.DataObject) -> None:
    """Whatever is flipped in the second half of an APK, where signatures are, there is an answer."""
    whole = bytearray(SIGNED)
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(whole))
    read(bytes(whole[data.draw(st.integers(0, len(whole))) :]))


@given(st.data())
def test_damaged_certificates_end_as_damage(data: st.DataObject) -> None:
    """A certificate either is read or is damaged; cut short it always is damaged."""
    whole = bytearray(CERTIFICATE)
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Damage):
        read_certificate(bytes(whole))
    with pytest.raises(Damage):
        read_certificate(CERTIFICATE[: data.draw(st.integers(0, len(CERTIFICATE) - 1))])


def der(tag: int, *content: bytes) -> bytes:
    """An element of fewer than 128 bytes."""
    whole = b"".join(content)
    return bytes((tag, len(whole))) + whole


@pytest.mark.parametrize("named", [(), (der(INTEGER, b"\1"),)])
def test_a_signer_without_issuer_or_number_is_damage(named: tuple[bytes, ...]) -> None:
    """What names the certificate may be cut: that is said, not raised."""
    info = der(SEQUENCE, der(INTEGER, b"\1"), der(SEQUENCE, *named))
    signed = der(SEQUENCE, der(INTEGER, b"\1"), der(SET), der(SEQUENCE), der(CONTEXT_0), der(SET, info))
    with pytest.raises(Damage, match="not the DER of a certificate"):
        read_block(der(SEQUENCE, der(OBJECT, b"\x2a"), der(CONTEXT_0, signed)))
