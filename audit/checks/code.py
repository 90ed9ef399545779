"""What a client's own code tells: the addresses it names, and whether this generation of it has a gate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from audit.model.code import Code, CodeFile, Found, FoundKind
from audit.model.facts import Facts
from audit.model.profiles import ClientCode, ClientProfile, Condition, Gate, Subject
from audit.model.record import record
from audit.model.report import Evidence

_ADDRESSES = {FoundKind.URL, FoundKind.HOST, FoundKind.IP, FoundKind.SMS}
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?(?:[^/@?#]*@)?(\[[^\]]*\]|[^/:?#]+)", re.IGNORECASE)
_MOST_SHOWN = 12


@record
class ClientCodeRead:
    """A package's files of code.

    whole: there is code among them, and all of it was read
    """

    files: tuple[CodeFile, ...]

    @property
    def whole(self) -> bool:
        """Whether there is code, and all of it was read."""
        codes = {file.code for file in self.files}
        return Code.READ in codes and Code.UNREADABLE not in codes

    def addresses(self) -> Iterator[tuple[CodeFile, Found]]:
        """The addresses in it, with the file each lies in."""
        return ((f, one) for f in self.files for one in f.found if one.kind in _ADDRESSES)

    def properties(self) -> frozenset[str]:
        """Names of system properties in it."""
        return frozenset(one.value for f in self.files for one in f.found if one.kind is FoundKind.PROPERTY)


def code_of(package: str, facts: Facts) -> ClientCodeRead | None:
    """The active code files of *package*; None when none of its files was read."""
    files = tuple(file for file in facts.code if file.package == package and not file.variant)
    return ClientCodeRead(files=files) if files else None


def host_of(address: str) -> str:
    """The host, address or number an endpoint speaks of, without scheme, port and path, in lower case."""
    found = _HOST.match(address.strip())
    return found[1].casefold().rstrip(".") if found else address.casefold()


def names_an_endpoint(profile: ClientProfile, read: ClientCodeRead) -> bool:
    """Whether the code holds an address that is documented for the client: it is the part that calls."""
    documented = {host_of(endpoint.to) for endpoint in profile.endpoints}
    return any(host_of(found.value) in documented for _, found in read.addresses())


def gate_as_built(profile: ClientProfile, facts: Facts) -> Gate | None:
    """The client's gate as the generation on the unit has it; the documented one where its code says nothing.

    A property whose name is in the code is asked by it, and counts as the code's own default while nothing
    sets it. A gate is missing only where the code was read whole, is the part that calls, and names no
    documented gate: so an obfuscated or partly read client stays what it was, undecided.
    """
    gate, known = profile.armed_when, profile.code
    read = code_of(profile.package, facts)
    if gate is None or known is None or read is None:
        return gate
    if is_ungated(profile, read):
        return Gate(
            all=tuple(c for c in gate.all if c.subject is not Subject.PROPERTY),
            any=() if all(c.subject is Subject.PROPERTY for c in gate.any) else gate.any,
        )
    names = read.properties()
    return Gate(
        all=tuple(_asked(c, names, known) for c in gate.all),
        any=tuple(_asked(c, names, known) for c in gate.any),
    )


def is_ungated(profile: ClientProfile, read: ClientCodeRead) -> bool:
    """Whether this is a generation without the documented gates."""
    known = profile.code
    if known is None or not read.whole or not names_an_endpoint(profile, read):
        return False
    return not any(part in name for name in read.properties() for part in known.gates)


def code_evidence(profile: ClientProfile, facts: Facts) -> tuple[Evidence, ...]:
    """What was read of the client's files: what its code calls, how it is gated, who signed it."""
    read = code_of(profile.package, facts)
    return () if read is None else tuple(_evidence(profile, read, facts))


def _evidence(profile: ClientProfile, read: ClientCodeRead, facts: Facts) -> Iterator[Evidence]:
    addresses = list(read.addresses())
    for file, found in addresses[:_MOST_SHOWN]:
        where = file.path + (f" > {found.where}" if found.where else "")
        at = f" at byte {found.offset}" if found.offset is not None else ""
        yield Evidence(what="address in its code", value=found.value, origin=where + at)
    if (more := len(addresses) - _MOST_SHOWN) > 0:
        yield Evidence(what="address in its code", value=f"and {more} more", origin="")
    if not any(file.code is Code.READ for file in read.files):
        yield Evidence(
            what="code", value="none of its code was found in what was read", origin=read.files[0].path
        )
    elif read.whole and profile.endpoints and not names_an_endpoint(profile, read):
        yield Evidence(
            what="code", value="it was read whole and names no documented address", origin=read.files[0].path
        )
    if profile.code is not None and is_ungated(profile, read):
        yield Evidence(
            what="gate", value="its code was read whole and names none of its documented gates", origin=""
        )
    yield from _signed(read, facts)


def _signed(read: ClientCodeRead, facts: Facts) -> Iterator[Evidence]:
    platform = {s.sha256 for f in facts.code if f.package == "android" for s in f.signers}
    for file in read.files:
        for signer in file.signers:
            notes = [signer.well_known and f"the public {signer.well_known} key"]
            if signer.sha256 in platform and file.package != "android":
                notes.append("the key of the unit's own framework")
            said = ", ".join(note for note in notes if note)
            yield Evidence(
                what=f"signer (APK signature scheme {_scheme(signer.scheme)})",
                value=" ".join(
                    part for part in (signer.sha256, signer.subject, f"({said})" if said else "") if part
                ),
                origin=file.path,
            )


def _scheme(number: int) -> str:
    return "v3.1" if number == 31 else f"v{number}"


def _asked(condition: Condition, names: frozenset[str], known: ClientCode) -> Condition:
    if condition.subject is Subject.PROPERTY and condition.name in names and condition.default is None:
        return replace(condition, default=known.unset)
    return condition
